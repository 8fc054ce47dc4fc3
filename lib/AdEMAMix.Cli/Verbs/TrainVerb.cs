// workbook train: one run in this process; what the notebooks' workers execute.

using System.CommandLine;
using AdEMAMix.Workbook;

namespace AdEMAMix.Cli.Verbs;

static class TrainVerb
{
    internal static Command Create()
    {
        var config = CommandLine.File<string>("CONFIG.json", "The run's configuration");
        var resume = new Option<bool>("--resume") { Description = "Go on from the run's checkpoint (the default; a finished run is left alone)" };
        var store = new Option<string?>("--store") { Description = "The run store; default data/runs.db", HelpName = "FILE" };
        var train = new Command("train", "Train one configuration in this process") { config, resume, store };
        train.SetAction((parsed, cancellation) => Task.Run(() => Run(parsed.GetValue(config)!, parsed.GetValue(store), cancellation), CancellationToken.None));
        return train;
    }

    static int Run(string config, string? store, CancellationToken cancellation) => TrainWorker.Run(config, store, cancellation);
}
