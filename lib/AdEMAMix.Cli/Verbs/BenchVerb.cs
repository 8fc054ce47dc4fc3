// workbook bench: measurements, beside a peer in the same run where there is one.

using System.CommandLine;
using AdEMAMix.Workbook;

namespace AdEMAMix.Cli.Verbs;

static class BenchVerb
{
    internal static Command Create()
    {
        var json = new Option<string?>("--json") { Description = "Also write the result as JSON", HelpName = "FILE" };
        var threads = new Option<int>("--threads") { Description = "Threads of either side", DefaultValueFactory = _ => 1 };
        threads.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < 1) result.AddError("--threads must be at least 1");
        });
        var train = new Command("train", "Training steps of the 113k-parameter GPT with AdEMAMix, beside the same in PyTorch (python3-torch)") { json, threads };
        train.SetAction(parsed => Train(parsed.GetValue(threads), parsed.GetValue(json)));

        var memory = new Command("memory", "Resident memory over 3,000 training steps of the same model") { json };
        memory.SetAction(parsed => Memory(parsed.GetValue(json)));

        return new Command("bench", "Measure; beside a peer in the same run where there is one") { train, memory };
    }

    static int Train(int threads, string? json)
    {
        var result = TrainBenchmark.Run(WorkbookPaths.Find(), threads);
        Console.WriteLine(result);
        if (json is not null) File.WriteAllText(json, result.ToJson() + "\n");
        return 0;
    }

    static int Memory(string? json)
    {
        var config = new RunConfig
        {
            Optimizer = new OptimizerConfig { Kind = OptimizerConfig.AdEMAMix, Beta3 = 0.998, Alpha = 4 },
            Training = new TrainingConfig { Steps = 3000 },
        };
        var result = MemoryBenchmark.Run(config, TokenDataset.Load(config.Data, WorkbookPaths.Find(), Console.Error.WriteLine));
        Console.WriteLine(result);
        if (json is not null) File.WriteAllText(json, result.ToJson() + "\n");
        return 0;
    }
}
