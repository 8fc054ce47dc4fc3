using System.Globalization;
using OpenQA.Selenium;
using OpenQA.Selenium.Chrome;
using Xunit;

namespace AdEMAMix.Workbook.Tests;

/// <summary>A headless Chromium without network, in which outputs stand as a notebook client puts them there.</summary>
sealed class Browser : IDisposable
{
    readonly ChromeDriver driver;
    readonly TemporaryFolder folder = new();

    public Browser()
    {
        if (!File.Exists("/usr/bin/chromedriver") || !File.Exists("/usr/bin/chromium")) Assert.Skip("chromium and chromium-driver are not installed: run environment/workbook setup");
        var options = new ChromeOptions { BinaryLocation = "/usr/bin/chromium" };
        options.AddArguments("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
            "--window-size=1300,1000", "--host-resolver-rules=MAP * ~NOTFOUND");
        options.SetLoggingPreference(LogType.Browser, LogLevel.All);
        driver = new ChromeDriver(ChromeDriverService.CreateDefaultService("/usr/bin", "chromedriver"), options, TimeSpan.FromSeconds(60));
    }

    /// <summary>plotly.js as setup installed it.</summary>
    public static string Plotly()
    {
        var file = Path.Combine(WorkbookPaths.Find().Root, "environment", ".state", "plotly.min.js");
        if (!File.Exists(file)) Assert.Skip("plotly.js is not installed: run environment/workbook setup");
        return new Uri(file).AbsoluteUri;
    }

    /// <summary>Opens a page and puts outputs into it: as markup, with their scripts evaluated one by one afterwards.</summary>
    public void Show(string head, bool dark, params string[] outputs)
    {
        var page = folder["page.html"];
        File.WriteAllText(page, $"<!doctype html><meta charset=\"utf-8\"><link rel=\"icon\" href=\"data:,\"><style>body{{margin:20px;background:{(dark ? "#111;color:#eee" : "#fff;color:#222")}}}</style>{head}<body></body>");
        driver.Navigate().GoToUrl(new Uri(page).AbsoluteUri);
        foreach (var output in outputs)
            Script("""
                var place = document.createElement("div");
                place.innerHTML = arguments[0];
                document.body.appendChild(place);
                place.querySelectorAll("script").forEach(function (old) {
                  var script = document.createElement("script");
                  script.textContent = old.textContent;
                  old.replaceWith(script);
                });
                """, output);
    }

    public object? Script(string code, params object[] arguments) => driver.ExecuteScript(code, arguments);

    public int Count(string selector) => Convert.ToInt32(Script("return document.querySelectorAll(arguments[0]).length", selector), CultureInfo.InvariantCulture);

    public string Text(string selector) => (string)Script("return document.querySelector(arguments[0]).textContent", selector)!;

    public void Press(string selector, string key) => driver.FindElement(By.CssSelector(selector)).SendKeys(key);

    public void Width(int pixels) => driver.ExecuteCdpCommand("Emulation.setDeviceMetricsOverride", new Dictionary<string, object?> { ["width"] = pixels, ["height"] = 900, ["deviceScaleFactor"] = 1, ["mobile"] = false });

    /// <summary>Waits until a script's value is true.</summary>
    public void Until(string code)
    {
        new OpenQA.Selenium.Support.UI.WebDriverWait(driver, TimeSpan.FromSeconds(20)).Until(_ => Script($"return {code}") is true);
    }

    /// <summary>Warnings and errors of the console.</summary>
    public List<string> Complaints() => [.. driver.Manage().Logs.GetLog(LogType.Browser).Where(entry => entry.Level >= LogLevel.Warning).Select(entry => entry.Message)];

    public void Dispose()
    {
        driver.Dispose();
        folder.Dispose();
    }
}
