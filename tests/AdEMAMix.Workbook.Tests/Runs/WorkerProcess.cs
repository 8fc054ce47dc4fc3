using System.Globalization;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;

namespace AdEMAMix.Workbook.Tests;

/// <summary>
/// This test program also serves as the worker that tests start and kill: "--worker train CONFIG [--store FILE] ..." runs
/// <see cref="TrainWorker"/> as the `workbook` program does, before the test runner's own entry point. "--memory" measures the
/// memory of a run in a process that does nothing else.
/// </summary>
static class WorkerProcess
{
    public const string MemoryArgument = "--memory";

    const string Argument = "--worker";

    public static WorkerCommand Command => new(Environment.ProcessPath!, Argument);

#pragma warning disable CA2255 // A module initializer in an application is what this needs.
    [ModuleInitializer]
    internal static void RunIfAsked()
#pragma warning restore CA2255
    {
        if (Environment.GetCommandLineArgs() is [_, MemoryArgument])
        {
            Console.WriteLine(MemoryBenchmark.Run(SmallRun.Config with { Training = SmallRun.Config.Training with { Steps = 3000 } }, SmallRun.Text).Growth.ToString("R", CultureInfo.InvariantCulture));
            Environment.Exit(0);
        }
        if (Environment.GetCommandLineArgs() is not [_, Argument, "train", var config, .. var options]) return;
        using var stop = new CancellationTokenSource();
        using var onTerminate = PosixSignalRegistration.Create(PosixSignal.SIGTERM, context =>
        {
            context.Cancel = true;
            stop.Cancel();
        });
        try
        {
            var timeout = ValueOf("--rank-timeout") is { } seconds ? TimeSpan.FromSeconds(double.Parse(seconds, CultureInfo.InvariantCulture)) : (TimeSpan?)null;
            Environment.Exit(TrainWorker.Run(config, ValueOf("--store"), stop.Token, options: new RankOptions(options.Contains("--shard-states"), timeout)));
        }
        catch (WorkbookException e)
        {
            Console.Error.WriteLine(e.Message);
            Environment.Exit(e.ExitCode);
        }

        string? ValueOf(string option) => Array.IndexOf(options, option) is >= 0 and var place ? options[place + 1] : null;
    }
}
