// Debian's Jupyter Notebook in a real browser, by a reader's own clicks: run cell by cell, see the chart, stop a cell, save, close, open again.

using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text.Json.Nodes;
using OpenQA.Selenium;
using OpenQA.Selenium.Chrome;
using OpenQA.Selenium.Interactions;
using OpenQA.Selenium.Support.UI;

namespace AdEMAMix.Cli.Tests;

[Collection(JupyterCollection.Name)]
public sealed class NotebookInBrowserTests(SharedClone shared)
{
    const string Main = "03-token-efficiency.ipynb";
    static readonly TimeSpan Patience = TimeSpan.FromMinutes(8);

    [Fact]
    public async Task The_main_notebook_is_run_cell_by_cell_stopped_saved_and_found_again()
    {
        JupyterClone.SkipUnless(File.Exists("/usr/bin/jupyter-notebook"), "jupyter-notebook is not installed: environment/workbook test installs it");
        JupyterClone.SkipUnless(File.Exists("/usr/bin/chromedriver") && File.Exists("/usr/bin/chromium"), "chromium and chromium-driver are not installed: environment/workbook test installs them");
        var clone = shared.Get();
        var file = Path.Combine(clone.Root, "notebooks", "reader.ipynb");
        WriteWithoutOutputs(Path.Combine(JupyterClone.Repository, "notebooks", Main), file);

        var port = FreePort();
        using var server = clone.Start("/usr/bin/jupyter-notebook", "--no-browser", "--allow-root", "--ip=127.0.0.1", $"--port={port}", "--port-retries=0", "--NotebookApp.token=", "--NotebookApp.password=",
            $"--notebook-dir={clone.Root}");
        var log = server.StandardError.ReadToEndAsync(TestContext.Current.CancellationToken);
        _ = server.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        try
        {
            await WaitForServer(server, port);
            using var browser = Browser();
            var address = $"http://127.0.0.1:{port}/notebooks/notebooks/reader.ipynb";
            var page = Open(browser, address);

            // One cell at a time, as a reader does.
            var cells = page.CodeCells();
            for (var i = 0; i < cells.Count; i++)
            {
                page.Select(cells[i]);
                page.RunSelected();
                page.WaitUntil(() => page.Prompt(cells[i]) == i + 1, $"cell {i + 1} is done");
                Assert.DoesNotContain("output_error", page.OutputHtml(cells[i]));
            }
            var chart = cells.FindIndex(cell => page.Source(cell).Contains("LossAgainstTokens", StringComparison.Ordinal));
            Assert.True(page.ShowsChart(cells[chart]), page.OutputHtml(cells[chart]));
            Assert.Contains("AdEMAMix", page.OutputHtml(cells[^1]));

            // A cell that would run for ever.
            page.Append("while (true) { }");
            var endless = page.CodeCells()[^1];
            page.Select(endless);
            page.RunSelected();
            page.WaitUntil(() => page.KernelIsBusy, "the endless cell runs");
            var clock = Stopwatch.StartNew();
            page.Click("jupyter-notebook:interrupt-kernel");
            page.WaitUntil(() => page.Prompt(endless) == cells.Count + 1, "the endless cell is stopped");
            Assert.True(clock.Elapsed < TimeSpan.FromSeconds(10), $"{clock.Elapsed}");
            Assert.Contains("stopped", page.OutputHtml(endless));

            page.Click("jupyter-notebook:save-notebook");
            page.WaitUntil(() => page.IsSaved, "the notebook is saved");
            browser.Navigate().GoToUrl("about:blank");

            page = Open(browser, address);
            cells = page.CodeCells();
            Assert.Equal(Enumerable.Range(1, cells.Count).Select(n => (int?)n), cells.Select(page.Prompt));
            Assert.True(page.ShowsChart(cells[chart]), "the chart is gone");
            Assert.Contains("stopped", page.OutputHtml(cells[^1]));
            // The kernel went on meanwhile, with all that it held.
            page.Append("runs.Count > 0");
            page.Select(page.CodeCells()[^1]);
            page.RunSelected();
            page.WaitUntil(() => page.Prompt(page.CodeCells()[^1]) == cells.Count + 1, "the kernel still has its state");
            Assert.Contains("true", page.OutputHtml(page.CodeCells()[^1]), StringComparison.OrdinalIgnoreCase);
        }
        catch (Exception e) when (e is WebDriverException or TimeoutException)
        {
            server.Kill(entireProcessTree: true);
            throw new InvalidOperationException($"{e.Message}\nThe server said: {await log}", e);
        }
        finally
        {
            if (!server.HasExited) server.Kill(entireProcessTree: true);
        }
    }

    static NotebookPage Open(ChromeDriver browser, string address)
    {
        browser.Navigate().GoToUrl(address);
        var page = new NotebookPage(browser);
        page.WaitUntil(() => page.KernelIsReady, "the kernel is ready");
        return page;
    }

    static void WriteWithoutOutputs(string from, string to)
    {
        var notebook = JsonNode.Parse(File.ReadAllText(from))!;
        foreach (var cell in notebook["cells"]!.AsArray().Where(cell => cell!["cell_type"]!.ToString() == "code"))
        {
            cell!["outputs"] = new JsonArray();
            cell["execution_count"] = null;
        }
        File.WriteAllText(to, notebook.ToJsonString());
    }

    static int FreePort()
    {
        using var listener = new TcpListener(IPAddress.Loopback, 0);
        listener.Start();
        return ((IPEndPoint)listener.LocalEndpoint).Port;
    }

    static async Task WaitForServer(Process server, int port)
    {
        var clock = Stopwatch.StartNew();
        using var http = new HttpClient();
        while (true)
        {
            if (server.HasExited || clock.Elapsed > TimeSpan.FromMinutes(2)) throw new TimeoutException("Jupyter's server did not start.");
            try
            {
                using var answer = await http.GetAsync(new Uri($"http://127.0.0.1:{port}/api"));
                return;
            }
            catch (HttpRequestException)
            {
                await Task.Delay(100);
            }
        }
    }

    static ChromeDriver Browser()
    {
        var options = new ChromeOptions { BinaryLocation = "/usr/bin/chromium" };
        // Nothing but the local server is to be had: a chart that needs a CDN would stay blank.
        options.AddArguments("--headless=new", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", "--no-first-run", "--disable-background-networking", "--disable-component-update", "--disable-sync",
            "--window-size=1400,1000", "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1");
        return new ChromeDriver(ChromeDriverService.CreateDefaultService("/usr/bin", "chromedriver"), options, TimeSpan.FromSeconds(120));
    }

    /// <summary>The page of the classic notebook: what a reader sees and clicks.</summary>
    sealed class NotebookPage(ChromeDriver browser)
    {
        public bool KernelIsReady => Ask<bool>("return !!(window.Jupyter && Jupyter.notebook && Jupyter.notebook._fully_loaded && Jupyter.notebook.kernel && Jupyter.notebook.kernel.is_connected() && Jupyter.notebook.kernel.info_reply.status == 'ok' && !Jupyter.notebook.kernel_busy)");

        public bool KernelIsBusy => Ask<bool>("return !!Jupyter.notebook.kernel_busy");

        public bool IsSaved => Ask<bool>("return !Jupyter.notebook.dirty");

        /// <summary>The code cells, by their place among all cells.</summary>
        public List<int> CodeCells() =>
            [.. Ask<IReadOnlyCollection<object>>("return Jupyter.notebook.get_cells().map((c, i) => c.cell_type == 'code' ? i : -1).filter(i => i >= 0)").Select(i => Convert.ToInt32(i, CultureInfo.InvariantCulture))];

        public void Select(int cell) => browser.ExecuteScript("Jupyter.notebook.select(arguments[0]); Jupyter.notebook.command_mode(); Jupyter.notebook.focus_cell(); Jupyter.notebook.get_cell(arguments[0]).element[0].scrollIntoView()", cell);

        public void Append(string code) => browser.ExecuteScript("Jupyter.notebook.insert_cell_at_bottom('code').set_text(arguments[0])", code);

        public void Click(string action) => browser.FindElement(By.CssSelector($"#maintoolbar [data-jupyter-action='{action}']")).Click();

        /// <summary>Ctrl-Enter, as the menu offers it.</summary>
        public void RunSelected() => new Actions(browser).KeyDown(Keys.Control).SendKeys(Keys.Enter).KeyUp(Keys.Control).Perform();

        public string Source(int cell) => Ask<string>("return Jupyter.notebook.get_cell(arguments[0]).get_text()", cell);

        /// <summary>The number in brackets beside a cell; null while it waits or runs.</summary>
        public int? Prompt(int cell) =>
            int.TryParse(Ask<string>("return Jupyter.notebook.get_cell(arguments[0]).element.find('.input_prompt').text().replace(/[^0-9*]/g, '')", cell), NumberStyles.None, CultureInfo.InvariantCulture, out var number) ? number : null;

        public string OutputHtml(int cell) => Ask<string>("return Jupyter.notebook.get_cell(arguments[0]).element.find('.output').html()", cell);

        /// <summary>Whether a picture or a live chart of some size stands in a cell's output.</summary>
        public bool ShowsChart(int cell)
        {
            const string Look = """
                const marks = [...Jupyter.notebook.get_cell(arguments[0]).element[0].querySelectorAll('.output img, .output .main-svg')];
                return marks.some(m => m.getBoundingClientRect().width > 300 && m.getBoundingClientRect().height > 150 && (m.tagName != 'IMG' || m.naturalWidth > 300));
                """;
            try
            {
                WaitUntil(() => Ask<bool>(Look, cell), "a chart stands in the output", TimeSpan.FromSeconds(20));
                return true;
            }
            catch (WebDriverTimeoutException)
            {
                return false;
            }
        }

        public void WaitUntil(Func<bool> holds, string what, TimeSpan? patience = null) => new WebDriverWait(browser, patience ?? Patience) { Message = $"Waited in vain until {what}.", PollingInterval = TimeSpan.FromMilliseconds(50) }.Until(_ => holds());

        T Ask<T>(string script, params object[] arguments) => (T)browser.ExecuteScript(script, arguments)!;
    }
}
