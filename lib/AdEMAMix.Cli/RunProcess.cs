// The process in which cells run, beside the one that the user started: a cell may end it, overflow its stack or fill its memory, and the command still says so.

using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;

namespace AdEMAMix.Cli;

static partial class RunProcess
{
    /// <summary>Names the file into which the child writes its exit code when it has come to its own end.</summary>
    const string StatusFile = "WORKBOOK_RUN_STATUS";

    const int Killed = 128;

    /// <summary>Whether this is the process in which cells run.</summary>
    public static bool IsChild { get; } = Environment.GetEnvironmentVariable(StatusFile) is not null;

    /// <summary>Runs this same command line in a child and gives its exit code; 1 if it died or a cell ended it.</summary>
    public static async Task<int> StartAsync(CancellationToken cancellation)
    {
        var status = Path.GetTempFileName();
        try
        {
            var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardInput = true };
            var arguments = Environment.GetCommandLineArgs();
            // Under 'dotnet workbook.dll' the program's own file comes first; an executable of its own does not need it.
            if (Path.GetFileNameWithoutExtension(Environment.ProcessPath) == "dotnet") start.ArgumentList.Add(arguments[0]);
            foreach (var argument in arguments.Skip(1)) start.ArgumentList.Add(argument);
            start.Environment[StatusFile] = status;
            using var child = Process.Start(start)!;
            using var stop = cancellation.Register(() => Signal(child.Id, SigTerm));
            await child.WaitForExitAsync(CancellationToken.None);
            if (int.TryParse(await File.ReadAllTextAsync(status, CancellationToken.None), NumberStyles.Integer, CultureInfo.InvariantCulture, out var code)) return code;
            await Console.Error.WriteLineAsync($"workbook: {Death(child.ExitCode)} The notebook holds the outputs until then and names the cell.");
            return 1;
        }
        finally
        {
            File.Delete(status);
        }
    }

    /// <summary>In the child: ends with the parent, and tells it that the end was reached.</summary>
    public static async Task<int> ReportAsync(Func<Task<int>> run)
    {
        // Workers that cells start are no children of this kind.
        var status = Environment.GetEnvironmentVariable(StatusFile)!;
        Environment.SetEnvironmentVariable(StatusFile, null);
        new Thread(EndWithParent) { IsBackground = true }.Start();
        try
        {
            var code = await run();
            await File.WriteAllTextAsync(status, code.ToString(CultureInfo.InvariantCulture));
            return code;
        }
        catch (Exception problem)
        {
            // The command line turns it into its sentence and code right after this.
            await File.WriteAllTextAsync(status, CommandLine.ExitCode(problem).ToString(CultureInfo.InvariantCulture));
            throw;
        }
    }

    // The parent holds the other end of this pipe and never writes to it.
    static void EndWithParent()
    {
        using var input = Console.OpenStandardInput();
        if (input.ReadByte() < 0) Signal(Environment.ProcessId, SigTerm);
    }

    static string Death(int code) => (code - Killed) switch
    {
        < 0 => $"A cell ended the process itself (exit code {code.ToString(CultureInfo.InvariantCulture)}), so the run did not reach its end: remove Environment.Exit from the cell.",
        6 => "The process in which the cells run died of a stack overflow or of an error in native code; what it said is above.",
        9 => "The process in which the cells run was killed, most likely because memory ran out.",
        11 => "The process in which the cells run died of an error in native code (segmentation fault).",
        var signal => $"The process in which the cells run died of signal {signal.ToString(CultureInfo.InvariantCulture)}.",
    };

    const int SigTerm = 15;

    [LibraryImport("libc", EntryPoint = "kill")]
    private static partial int Signal(int process, int signal);
}
