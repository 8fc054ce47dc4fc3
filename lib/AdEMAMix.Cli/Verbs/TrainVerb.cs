// workbook train: one run, in this process (which may be a rank that srun or torchrun started) or in several that it starts.

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
        var ranks = new Option<int?>("--ranks") { Description = "Train in so many processes of this machine, each with a part of every batch", HelpName = "N" };
        var shard = new Option<bool>("--shard-states") { Description = "Divide the optimizer's moments among the ranks; the run is bit for bit the same" };
        var timeout = new Option<double?>("--rank-timeout") { Description = "Seconds after which a rank stops waiting for the others (default 300)", HelpName = "SECONDS" };
        var train = new Command("train", "Train one configuration: in this process, or in several ranks") { config, resume, store, ranks, shard, timeout };
        train.SetAction((parsed, cancellation) =>
        {
            var seconds = parsed.GetValue(timeout);
            if (seconds is <= 0 or > 86400 or double.NaN) throw new ConfigException(FormattableString.Invariant($"--rank-timeout is {seconds}: give seconds, more than 0 and at most 86400."));
            var options = new RankOptions(parsed.GetValue(shard), seconds is { } s ? TimeSpan.FromSeconds(s) : null);
            return parsed.GetValue(ranks) is { } count
                ? RankLauncher.RunAsync(parsed.GetValue(config)!, parsed.GetValue(store), count, options, cancellation)
                : Task.Run(() => TrainWorker.Run(parsed.GetValue(config)!, parsed.GetValue(store), cancellation, options: options), CancellationToken.None);
        });
        return train;
    }
}
