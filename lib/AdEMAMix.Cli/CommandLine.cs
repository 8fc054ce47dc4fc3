// The tree of verbs, and what becomes of a wrong call or of an exception.

using System.CommandLine;
using AdEMAMix.Cli.Verbs;
using AdEMAMix.Notebooks;
using AdEMAMix.Workbook;

namespace AdEMAMix.Cli;

static class CommandLine
{
    static readonly Option<bool> Verbose = new("--verbose") { Description = "Show the stack trace of an error", Recursive = true };

    internal static async Task<int> RunAsync(string[] arguments)
    {
        var root = new RootCommand("The AdEMAMix workbook: train, run notebooks, and look at the results. (setup and test are verbs of environment/workbook.)")
        {
            RunVerb.Create(),
            RenderVerb.Create(),
            TrainVerb.Create(),
            RunsVerb.Create(),
            DataVerb.Create(),
            ParityVerb.Create(),
            PlanVerb.Create(),
            BenchVerb.Create(),
            KernelVerb.Create(),
            DoctorVerb.Create(),
        };
        root.Add(Verbose);

        var parsed = root.Parse(arguments);
        if (parsed.Errors.Count > 0)
        {
            await Console.Error.WriteLineAsync($"workbook: {parsed.Errors[0].Message.TrimEnd('.')}. 'environment/workbook {VerbOf(parsed)}--help' shows what it takes.");
            return 2;
        }
        if (arguments.Length == 0)
        {
            root.Parse("--help").Invoke();
            return 2;
        }
        using var stop = new CancellationTokenSource();
        using var onInterrupt = System.Runtime.InteropServices.PosixSignalRegistration.Create(System.Runtime.InteropServices.PosixSignal.SIGINT, context =>
        {
            // A terminal sends it to both processes of a run; the first passes it on, so that it counts once.
            if (RunProcess.IsChild) context.Cancel = true;
            else Cancel(context, stop);
        });
        using var onTerminate = System.Runtime.InteropServices.PosixSignalRegistration.Create(System.Runtime.InteropServices.PosixSignal.SIGTERM, context => Cancel(context, stop));
        try
        {
            return await parsed.InvokeAsync(new InvocationConfiguration { EnableDefaultExceptionHandler = false, ProcessTerminationTimeout = null }, stop.Token);
        }
        catch (Exception problem)
        {
            await Console.Error.WriteLineAsync($"workbook: {Sentence(problem)}");
            if (parsed.GetValue(Verbose)) await Console.Error.WriteLineAsync(problem.ToString());
            return ExitCode(problem);
        }
    }

    // The first signal asks for an orderly end (a checkpoint, outputs written); the second is the system's own.
    static void Cancel(System.Runtime.InteropServices.PosixSignalContext context, CancellationTokenSource stop)
    {
        if (stop.IsCancellationRequested) return;
        context.Cancel = true;
        stop.Cancel();
    }

    /// <summary>A path as a reader at this place would type it.</summary>
    internal static string Short(string file) => Path.GetRelativePath(Directory.GetCurrentDirectory(), file);

    static string VerbOf(ParseResult parsed) => parsed.CommandResult.Command is RootCommand ? "" : parsed.CommandResult.Command.Name + " ";

    static string Sentence(Exception problem) => problem switch
    {
        OperationCanceledException => "stopped.",
        TypeInitializationException { InnerException: { } inner } => Sentence(inner),
        WorkbookException or NotebookException or OptimizerException or NotSupportedException => problem.Message,
        FileNotFoundException { FileName: { } file } => $"there is no file '{file}'.",
        IOException or UnauthorizedAccessException => problem.Message,
        _ => $"{problem.Message} (unexpected {problem.GetType().Name}; --verbose shows where)",
    };

    internal static int ExitCode(Exception problem) => problem switch
    {
        WorkbookException known => known.ExitCode,
        NotebookException known => known.ExitCode,
        HyperparameterException => 2,
        OperationCanceledException => 130,
        _ => 1,
    };

    /// <summary>An argument that is a file; a word that looks like an option is a mistyped option.</summary>
    internal static Argument<T> File<T>(string name, string description)
    {
        var argument = new Argument<T>(name) { Description = description };
        argument.Validators.Add(result =>
        {
            foreach (var token in result.Tokens)
                if (token.Value.StartsWith('-')) result.AddError($"There is no option '{token.Value}'");
        });
        return argument;
    }
}
