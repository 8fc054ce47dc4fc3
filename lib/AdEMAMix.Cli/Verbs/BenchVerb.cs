// workbook bench: measurements, beside a peer in the same run where there is one.

using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using AdEMAMix.Notebooks;
using AdEMAMix.Workbook;
using Spectre.Console;

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
        var train = new Command("train", "Training steps of the 113k-parameter GPT with AdEMAMix, beside the same in PyTorch (python3-torch); with --ranks, what several processes cost") { json, threads };
        var ranks = new Option<int?>("--ranks") { Description = "Measure so many processes that train together, beside one alone", HelpName = "N" };
        var shard = new Option<bool>("--shard-states") { Description = "With --ranks: divide the optimizer's moments among them" };
        var asRank = new Option<bool>("--as-rank") { Hidden = true };
        train.Add(ranks);
        train.Add(shard);
        train.Add(asRank);
        train.SetAction(parsed => parsed.GetValue(asRank) ? Rank(parsed.GetValue(shard))
            : parsed.GetValue(ranks) is { } count ? Ranks(count, parsed.GetValue(shard), parsed.GetValue(json))
            : Train(parsed.GetValue(threads), parsed.GetValue(json)));

        var memory = new Command("memory", "Resident memory over 3,000 training steps of the same model") { json };
        memory.SetAction(parsed => Memory(parsed.GetValue(json)));

        var shape = new ActivationOptions();
        var activations = new Command("activations", "Memory and time of a forward and backward pass: blocks kept or recomputed, loss at once or in chunks, in both precisions") { json, threads };
        shape.AddTo(activations);
        activations.SetAction(parsed => shape.Run(parsed, parsed.GetValue(threads), parsed.GetValue(json)));

        var optimizer = new Command("optimizer", "AdEMAMix steps beside a pass over memory, tensor operators and PyTorch (python3-torch)") { json, threads };
        optimizer.SetAction(parsed => Optimizer(parsed.GetValue(threads), parsed.GetValue(json)));

        var data = new Command("data", "A gigabyte of token files: start, resident memory, reading beside training") { json };
        data.SetAction(parsed => Data(parsed.GetValue(json)));

        var firstCell = new Option<bool>("--first-cell") { Hidden = true };
        var notebook = new Command("notebook", "What a reader of a notebook waits for: first result, round trip, completion, stop") { json, firstCell };
        notebook.SetAction((parsed, _) => NotebookAsync(parsed.GetValue(firstCell), parsed.GetValue(json)));

        var smoke = new Option<bool>("--smoke") { Description = "A first look of under a minute: the smallest model, few blocks" };
        var costRanks = new Option<int>("--ranks") { Description = "Processes that train together in its last part; 1 leaves that out", HelpName = "N", DefaultValueFactory = _ => 2 };
        var cost = new Command("cost", "Time and memory of AdamW and AdEMAMix side by side: whole steps, updates alone, several processes; what notebook 07 shows") { json, smoke, costRanks };
        cost.SetAction((parsed, cancellation) => Task.FromResult(CostOf(parsed.GetValue(smoke), parsed.GetValue(costRanks), parsed.GetValue(json), cancellation)));

        return new Command("bench", "Measure; beside a peer in the same run where there is one") { optimizer, train, memory, activations, data, cost, notebook };
    }

    static int Train(int threads, string? json)
    {
        var result = TrainBenchmark.Run(WorkbookPaths.Find(), threads);
        Console.WriteLine(result);
        if (json is not null) File.WriteAllText(json, result.ToJson() + "\n");
        return 0;
    }

    static int Rank(bool shard)
    {
        Console.WriteLine(RanksBenchmark.RunRank(shard));
        return 0;
    }

    static int CostOf(bool smoke, int ranks, string? json, CancellationToken cancellation)
    {
        var preset = smoke ? Preset.Smoke : Preset.Desk;
        var record = CostBenchmark.Run(preset, WorkbookPaths.Find(), smoke || ranks < 2 ? null : () => MeasureRanks(ranks, shard: false), cancellation);
        var cost = new Cost(preset.Name);
        Console.WriteLine(string.Join("\n\n", cost.Steps(record), cost.Updates(record), cost.Peers(record), cost.Ranks(record)));
        if (json is not null) record.Write(json);
        return 0;
    }

    static RanksBenchmark MeasureRanks(int ranks, bool shard) =>
        RanksBenchmark.Run(ranks, shard, variables => Start(["bench", "train", "--as-rank", .. shard ? ["--shard-states"] : Array.Empty<string>()], variables));

    static int Ranks(int ranks, bool shard, string? json)
    {
        var result = MeasureRanks(ranks, shard);
        Console.WriteLine(result);
        if (json is not null) File.WriteAllText(json, result.ToJson() + "\n");
        return 0;
    }

    static int Optimizer(int threads, string? json)
    {
        var rows = OptimizerBenchmark.Run(WorkbookPaths.Find(), threads);
        var table = new Spectre.Console.Table().Border(TableBorder.Simple);
        table.AddColumns("implementation", "mode", "tensors", "parameters", "ms/step", "state B/param", "extra peak MB", "GB/s", "limit GB/s", "of limit", "x operators", "x PyTorch");
        foreach (var row in rows)
            table.AddRow(Markup.Escape(row.Implementation), row.Mode, Show(row.Tensors, "0"), Show(row.Parameters, "N0"), Show(row.MsPerStep, "0.000"), Show(row.BytesPerParameterState, "0.00"),
                Show(row.ExtraPeakBytes / 1e6, "0.0"), Show(row.GbPerSecond, "0.0"), Show(row.LimitGbPerSecond, "0.0"), Show(row.FractionOfLimit, "0.00"), Show(row.RatioToTensorOps, "0.0"), Show(row.RatioToPytorch, "0.0"));
        AnsiConsole.Write(table);
        if (json is not null) File.WriteAllText(json, OptimizerBenchmarkRow.ToJson(rows) + "\n");
        return 0;
    }

    static string Show(double? value, string format) => value?.ToString(format, CultureInfo.InvariantCulture) ?? "";

    static readonly JsonSerializerOptions Indented = new() { WriteIndented = true };

    static async Task<int> NotebookAsync(bool firstCell, string? json)
    {
        if (firstCell)
        {
            await SessionBenchmark.FirstResultAsync();
            Console.WriteLine("done");
            return 0;
        }
        var figures = await SessionBenchmark.RunAsync(() => Start(["bench", "notebook", "--first-cell"], new Dictionary<string, string>()));
        Console.WriteLine(figures);
        var kernel = await KernelLatency.MeasureAsync(WorkbookPaths.Find());
        Console.WriteLine(KernelLatency.Describe(kernel));
        if (json is null) return 0;
        var all = JsonNode.Parse(figures.ToJson())!.AsObject();
        all["kernel"] = kernel;
        await File.WriteAllTextAsync(json, all.ToJsonString(Indented) + "\n");
        return 0;
    }

    // This program once more; the launcher starts it as 'dotnet workbook.dll'.
    static Process Start(string[] arguments, IReadOnlyDictionary<string, string> variables)
    {
        var program = Environment.ProcessPath!;
        string[] library = Path.GetFileNameWithoutExtension(program) == "dotnet" ? [typeof(BenchVerb).Assembly.Location] : [];
        var start = new ProcessStartInfo(program, [.. library, .. arguments]) { RedirectStandardOutput = true, RedirectStandardError = variables.Count > 0 };
        foreach (var (name, value) in variables) start.Environment[name] = value;
        if (variables.Count > 0) start.Environment["OMP_NUM_THREADS"] = start.Environment["OPENBLAS_NUM_THREADS"] = "1";
        return Process.Start(start)!;
    }

    static int Data(string? json)
    {
        var result = DataBenchmark.Run();
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
