using System.ComponentModel;
using System.Diagnostics;

namespace AdEMAMix.Workbook;

/// <summary>One run of npm, apt-get, apt-cache, dpkg-deb or one of SentencePiece's programs as a child process.</summary>
/// <remarks>The tool is looked up here and not by the runtime, so that a missing one is named with its remedy before anything starts.</remarks>
sealed class DataTool(string name, string searchPath, Action<Stream>? write = null)
{
    /// <summary>How long a download may take before it is given up.</summary>
    static readonly TimeSpan Limit = TimeSpan.FromMinutes(15);

    /// <summary>Runs the tool to its end and hands its standard output to <paramref name="read"/> while it runs.</summary>
    /// <exception cref="DataException">The tool is missing, or took longer than a quarter of an hour where it reads from a network.</exception>
    public DataToolResult<T> Run<T>(string folder, IReadOnlyList<string> arguments, Func<Stream, T> read, CancellationToken cancellation)
    {
        var start = new ProcessStartInfo(Locate(), arguments)
        {
            WorkingDirectory = folder,
            UseShellExecute = false,
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
        };
        start.Environment["PATH"] = searchPath;
        start.Environment["LC_ALL"] = "C.UTF-8"; // messages are quoted and one is parsed

        using var process = Start(start);
        using var limit = CancellationTokenSource.CreateLinkedTokenSource(cancellation);
        if (write is null) limit.CancelAfter(Limit);
        using var registration = limit.Token.Register(() => Kill(process));
        var input = Task.Run(() => Feed(process), CancellationToken.None);
        var errors = process.StandardError.ReadToEndAsync(CancellationToken.None);
        var command = $"{name} {string.Join(' ', arguments.Where(argument => !argument.StartsWith('-')))}";
        T output;
        try
        {
            output = read(process.StandardOutput.BaseStream);
            process.StandardOutput.BaseStream.CopyTo(Stream.Null); // a reader may stop early; the tool must not block on a full pipe
            process.WaitForExit();
            input.GetAwaiter().GetResult();
        }
        catch (Exception problem)
        {
            // Output that cannot be read is the tool's failure if it says so, and then its own words tell more.
            var failed = process.WaitForExit(TimeSpan.FromSeconds(1)) && process.ExitCode != 0;
            Kill(process);
            cancellation.ThrowIfCancellationRequested();
            if (!failed) throw;
            var reason = new DataToolResult<string>(command, process.ExitCode, "", errors.GetAwaiter().GetResult()).Reason;
            throw new DataException($"'{command}' failed ({reason}): repair '{name}' and try again.", problem);
        }
        cancellation.ThrowIfCancellationRequested();
        if (limit.IsCancellationRequested) throw new DataException($"'{command}' did not end within {Limit.TotalMinutes:0} minutes: check the network and try again.");
        return new DataToolResult<T>(command, process.ExitCode, output, errors.GetAwaiter().GetResult());
    }

    /// <summary>Runs the tool to its end and returns its standard output as text.</summary>
    public DataToolResult<string> Run(string folder, IReadOnlyList<string> arguments, CancellationToken cancellation) =>
        Run(folder, arguments, stream => new StreamReader(stream).ReadToEnd(), cancellation);

    string Locate()
    {
        foreach (var folder in searchPath.Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries))
        {
            var file = Path.Combine(folder, name);
            if (File.Exists(file)) return file;
        }
        throw Missing(null);
    }

    Process Start(ProcessStartInfo start)
    {
        try
        {
            return Process.Start(start)!;
        }
        catch (Win32Exception problem)
        {
            throw Missing(problem);
        }
    }

    // A tool that gives up before it has read everything says so itself.
    void Feed(Process process)
    {
        using var stream = process.StandardInput.BaseStream;
        try
        {
            write?.Invoke(stream);
            stream.Flush();
        }
        catch (IOException) when (process.WaitForExit(TimeSpan.FromSeconds(5)) && process.ExitCode != 0)
        {
        }
    }

    DataException Missing(Exception? inner) => new(
        name.StartsWith("spm_", StringComparison.Ordinal)
            ? $"The program '{name}' of SentencePiece was not found: install Debian's package 'sentencepiece' (apt-get install sentencepiece), or choose another tokenizer."
            : name == "npm"
            ? "The tool 'npm' is needed to download this text and was not found: run 'environment/workbook setup', or install Node.js with npm."
            : $"The tool '{name}' is needed to fetch this text and was not found: it belongs to Debian and Ubuntu; elsewhere choose another source, such as 'state-of-the-union'.",
        inner);

    static void Kill(Process process)
    {
        try
        {
            process.Kill(entireProcessTree: true);
        }
        catch (Exception problem) when (problem is InvalidOperationException or Win32Exception)
        {
            // It has ended by itself.
        }
    }
}

/// <summary>What a tool left behind.</summary>
/// <param name="Command">The command without its options, to be quoted in a message.</param>
/// <param name="ExitCode">0 when it worked.</param>
/// <param name="Output">What its standard output was read into.</param>
/// <param name="Errors">Its standard error.</param>
sealed record DataToolResult<T>(string Command, int ExitCode, T Output, string Errors)
{
    /// <summary>The line that says why it failed: tools end their reports with advice and stack traces, so the cause is looked for first.</summary>
    public string Reason
    {
        get
        {
            var lines = Errors.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)
                .Select(line => line.StartsWith("npm error", StringComparison.Ordinal) ? line["npm error".Length..].Trim() : line)
                .Where(line => line.Length > 0 && !line.Contains("complete log of this run", StringComparison.Ordinal))
                .ToList();
            var cause = lines.FirstOrDefault(line => line.StartsWith("E: ", StringComparison.Ordinal)
                    || line.Contains("failed, reason", StringComparison.Ordinal) || line.Contains("No matching version", StringComparison.Ordinal))
                ?? lines.LastOrDefault() ?? "it said nothing";
            return cause.Trim().TrimEnd('.');
        }
    }
}
