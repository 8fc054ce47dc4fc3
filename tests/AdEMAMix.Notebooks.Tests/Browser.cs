// A real browser for the tests, and the files of the clone that they look at.
using OpenQA.Selenium;
using OpenQA.Selenium.Chrome;

namespace AdEMAMix.Notebooks.Tests;

static class Browser
{
    /// <summary>The clone that these tests were built in.</summary>
    public static string Repository { get; } = FindRepository();

    /// <summary>What setup installed here.</summary>
    public static RenderTools Tools { get; } = RenderTools.In(Path.Combine(Repository, "environment", ".state"));

    /// <summary>Skips a test that needs what setup installs.</summary>
    public static void Require(bool katex = false, bool mermaid = false)
    {
        if (!File.Exists(Tools.PlotlyScript)) Assert.Skip("plotly.js is not installed: run environment/workbook setup");
        if (Tools.Chromium is null || !File.Exists("/usr/bin/chromedriver")) Assert.Skip("chromium and chromium-driver are not installed: run environment/workbook test");
        if (katex && (Tools.Node is null || !File.Exists(Path.Combine(Tools.KatexFolder!, "katex.min.js")))) Assert.Skip("KaTeX or node is not installed: run environment/workbook setup");
        if (mermaid && !File.Exists(Tools.MermaidScript)) Assert.Skip("mermaid is not installed: 'environment/workbook render' of a notebook with a diagram fetches it");
    }

    /// <summary>A window of 1500 x 1100 pixels that keeps its console's lines and reaches no network.</summary>
    public static ChromeDriver Start(bool scripts = true, bool dark = false, string? downloads = null)
    {
        Require();
        var options = new ChromeOptions { BinaryLocation = Tools.Chromium };
        options.AddArguments("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--disable-quic", "--no-first-run", "--disable-background-networking",
            "--disable-component-update", "--disable-sync", "--window-size=1500,1100", "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1");
        if (dark) options.AddArgument("--blink-settings=preferredColorScheme=0");
        if (!scripts) options.AddUserProfilePreference("profile.managed_default_content_settings.javascript", 2);
        if (downloads is not null) options.AddUserProfilePreference("download.default_directory", downloads);
        options.SetLoggingPreference(LogType.Browser, LogLevel.All);
        return new ChromeDriver(ChromeDriverService.CreateDefaultService("/usr/bin", "chromedriver"), options, TimeSpan.FromSeconds(60));
    }

    /// <summary>What the page says that it should not say: warnings and errors of its console.</summary>
    public static IEnumerable<string> Complaints(this ChromeDriver browser) =>
        browser.Manage().Logs.GetLog(LogType.Browser).Where(entry => entry.Level >= LogLevel.Warning).Select(entry => entry.Message);

    /// <summary>How often the page asked for anything outside itself.</summary>
    public static long Requests(this ChromeDriver browser) =>
        (long)browser.ExecuteScript("return performance.getEntriesByType('resource').filter(e => !e.name.startsWith('data:') && !e.name.startsWith('blob:')).length")!;

    static string FindRepository()
    {
        for (var folder = new DirectoryInfo(AppContext.BaseDirectory); folder is not null; folder = folder.Parent)
            if (File.Exists(Path.Combine(folder.FullName, "AdEMAMix.Workbook.sln"))) return folder.FullName;
        throw new InvalidOperationException("These tests run inside a clone.");
    }
}
