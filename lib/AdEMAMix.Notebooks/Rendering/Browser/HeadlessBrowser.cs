// One Chromium without a window, steered over its DevTools protocol: evaluates scripts in an empty page that reaches no network.
using System.ComponentModel;
using System.Diagnostics;
using System.Net.WebSockets;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace AdEMAMix.Notebooks;

/// <summary>The browser did not start, did not answer in time, or a script failed in it.</summary>
sealed class BrowserException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>A running Chromium. Every call ends within its time limit; disposing ends the process and removes its profile.</summary>
sealed class HeadlessBrowser : IAsyncDisposable
{
    static readonly TimeSpan StartLimit = TimeSpan.FromSeconds(45);

    readonly Process _process;
    readonly string _profile;
    readonly ClientWebSocket _socket = new();
    string? _session;
    int _lastId;

    HeadlessBrowser(Process process, string profile)
    {
        _process = process;
        _profile = profile;
    }

    /// <summary>Starts the browser with an empty page whose content security policy allows pictures from the page itself and nothing else.</summary>
    /// <exception cref="BrowserException">It did not start, with its own last words.</exception>
    public static async Task<HeadlessBrowser> StartAsync(string program, CancellationToken cancellationToken)
    {
        var profile = Directory.CreateTempSubdirectory("workbook-chromium-").FullName;
        var start = new ProcessStartInfo(program)
        {
            RedirectStandardError = true,
            RedirectStandardOutput = true,
            ArgumentList =
            {
                "--headless=new", "--remote-debugging-port=0", "--remote-allow-origins=*", $"--user-data-dir={profile}", "--no-first-run", "--disable-gpu", "--disable-dev-shm-usage",
                "--disable-extensions", "--disable-background-networking", "--disable-component-update", "--disable-sync", "--disable-default-apps", "--mute-audio", "--hide-scrollbars",
                "--force-color-profile=srgb", "--font-render-hinting=none", "--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1",
            },
        };
        // Chromium's sandbox refuses to be started by root.
        if (Environment.IsPrivilegedProcess) start.ArgumentList.Add("--no-sandbox");
        start.ArgumentList.Add("about:blank");
        Process process;
        try
        {
            process = Process.Start(start)!;
        }
        catch (Win32Exception e)
        {
            Directory.Delete(profile, recursive: true);
            throw new BrowserException($"{program} could not be started ({e.Message})", e);
        }
        var browser = new HeadlessBrowser(process, profile);
        try
        {
            using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            limit.CancelAfter(StartLimit);
            await browser.ConnectAsync(limit.Token).ConfigureAwait(false);
            return browser;
        }
        catch (Exception e)
        {
            await browser.DisposeAsync().ConfigureAwait(false);
            if (e is OperationCanceledException && !cancellationToken.IsCancellationRequested) throw new BrowserException($"Chromium did not start within {StartLimit.TotalSeconds:0} s", e);
            if (e is WebSocketException or JsonException) throw new BrowserException($"Chromium did not answer ({e.Message.TrimEnd('.')})", e);
            throw;
        }
    }

    /// <summary>Evaluates an expression in the page, awaits it if it is a promise, and gives its value.</summary>
    /// <exception cref="BrowserException">The script threw, or there was no answer within the limit.</exception>
    public async Task<JsonNode?> EvaluateAsync(string expression, TimeSpan limit, CancellationToken cancellationToken)
    {
        var answer = await CallAsync("Runtime.evaluate", new JsonObject { ["expression"] = expression, ["awaitPromise"] = true, ["returnByValue"] = true }, limit, cancellationToken).ConfigureAwait(false);
        if (answer["exceptionDetails"] is not { } problem) return answer["result"]?["value"];
        var text = (problem["exception"]?["description"] ?? problem["exception"]?["value"] ?? problem["text"])?.ToString() ?? "an unknown error";
        throw new BrowserException(text.Split('\n')[0]);
    }

    /// <summary>The page's upper left part as a PNG in base64, each CSS pixel <paramref name="scale"/> pixels wide and high.</summary>
    /// <exception cref="BrowserException">There was no answer within the limit.</exception>
    public async Task<string> ScreenshotAsync(int width, int height, double scale, TimeSpan limit, CancellationToken cancellationToken)
    {
        var clip = new JsonObject { ["x"] = 0, ["y"] = 0, ["width"] = width, ["height"] = height, ["scale"] = scale };
        var answer = await CallAsync("Page.captureScreenshot", new JsonObject { ["format"] = "png", ["clip"] = clip, ["captureBeyondViewport"] = true }, limit, cancellationToken).ConfigureAwait(false);
        return answer["data"]!.GetValue<string>();
    }

    async Task<JsonNode> CallAsync(string method, JsonObject parameters, TimeSpan limit, CancellationToken cancellationToken)
    {
        using var time = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
        time.CancelAfter(limit);
        try
        {
            return await SendAsync(method, parameters, time.Token).ConfigureAwait(false);
        }
        catch (OperationCanceledException e) when (!cancellationToken.IsCancellationRequested)
        {
            throw new BrowserException($"Chromium did not answer within {limit.TotalSeconds:0} s", e);
        }
        catch (WebSocketException e)
        {
            throw new BrowserException("Chromium ended early", e);
        }
    }

    public async ValueTask DisposeAsync()
    {
        _socket.Dispose();
        try
        {
            _process.Kill(entireProcessTree: true);
            await _process.WaitForExitAsync().WaitAsync(TimeSpan.FromSeconds(10)).ConfigureAwait(false);
        }
        catch (Exception e) when (e is InvalidOperationException or TimeoutException or Win32Exception)
        {
            // It has ended by itself, or the system will end it.
        }
        _process.Dispose();
        // A child of the browser may still be writing its last file.
        for (var attempt = 0; attempt < 20 && Directory.Exists(_profile); attempt++)
        {
            try
            {
                Directory.Delete(_profile, recursive: true);
            }
            catch (Exception e) when (e is IOException or UnauthorizedAccessException)
            {
                await Task.Delay(50).ConfigureAwait(false);
            }
        }
    }

    async Task ConnectAsync(CancellationToken cancellationToken)
    {
        const string mark = "DevTools listening on ";
        var said = new List<string>();
        Uri? address = null;
        while (address is null)
        {
            var line = await _process.StandardError.ReadLineAsync(cancellationToken).ConfigureAwait(false)
                ?? throw new BrowserException($"Chromium ended at its start ({(said.Count > 0 ? said[^1].Trim() : "without a word")})");
            said.Add(line);
            if (line.StartsWith(mark, StringComparison.Ordinal)) address = new Uri(line[mark.Length..].Trim());
        }
        // What it says from here on must not fill the pipes.
        _ = _process.StandardError.BaseStream.CopyToAsync(Stream.Null, CancellationToken.None);
        _ = _process.StandardOutput.BaseStream.CopyToAsync(Stream.Null, CancellationToken.None);
        _socket.Options.Proxy = null;
        await _socket.ConnectAsync(address, cancellationToken).ConfigureAwait(false);
        var target = await SendAsync("Target.createTarget", new JsonObject { ["url"] = "about:blank" }, cancellationToken).ConfigureAwait(false);
        var attached = await SendAsync("Target.attachToTarget", new JsonObject { ["targetId"] = target["targetId"]!.GetValue<string>(), ["flatten"] = true }, cancellationToken).ConfigureAwait(false);
        _session = attached["sessionId"]!.GetValue<string>();
        var tree = await SendAsync("Page.getFrameTree", [], cancellationToken).ConfigureAwait(false);
        const string page = "<!DOCTYPE html><html><head><meta charset=\"utf-8\"><meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'; img-src data: blob:\"></head><body></body></html>";
        await SendAsync("Page.setDocumentContent", new JsonObject { ["frameId"] = tree["frameTree"]!["frame"]!["id"]!.GetValue<string>(), ["html"] = page }, cancellationToken).ConfigureAwait(false);
    }

    async Task<JsonNode> SendAsync(string method, JsonObject parameters, CancellationToken cancellationToken)
    {
        var id = ++_lastId;
        var message = new JsonObject { ["id"] = id, ["method"] = method, ["params"] = parameters };
        if (_session is not null) message["sessionId"] = _session;
        await _socket.SendAsync(Encoding.UTF8.GetBytes(message.ToJsonString()), WebSocketMessageType.Text, endOfMessage: true, cancellationToken).ConfigureAwait(false);
        while (true)
        {
            var answer = await ReceiveAsync(cancellationToken).ConfigureAwait(false);
            // Events, and answers to calls that were given up.
            if (answer["id"]?.GetValue<int>() != id) continue;
            if (answer["error"] is { } error) throw new BrowserException($"Chromium refused {method} ({error["message"]})");
            return answer["result"]!;
        }
    }

    async Task<JsonNode> ReceiveAsync(CancellationToken cancellationToken)
    {
        using var text = new MemoryStream();
        var buffer = new byte[64 * 1024];
        while (true)
        {
            var part = await _socket.ReceiveAsync(buffer.AsMemory(), cancellationToken).ConfigureAwait(false);
            if (part.MessageType == WebSocketMessageType.Close) throw new BrowserException("Chromium ended early");
            text.Write(buffer, 0, part.Count);
            if (part.EndOfMessage) return JsonNode.Parse(text.GetBuffer().AsSpan(0, (int)text.Length))!;
        }
    }
}
