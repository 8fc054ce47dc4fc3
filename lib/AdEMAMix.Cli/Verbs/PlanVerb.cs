// workbook plan: what a run on GPUs takes before it starts, and what would fit where it does not.

using System.CommandLine;
using AdEMAMix.Workbook;

namespace AdEMAMix.Cli.Verbs;

static class PlanVerb
{
    const double GiB = 1L << 30;

    sealed record Wishes(string What, int Gpus, double? GpuMemory, double? Peak, double Mfu, bool ShardStates, string? Precision, bool Recompute, int? MicroBatch, string Optimizer, int? Steps, string? Json, string? Write);

    internal static Command Create()
    {
        var what = CommandLine.File<string>("PRESET|CONFIG.json", $"One of the paper's models ({PaperModel.Names}), or a run's configuration");
        var gpus = new Option<int>("--gpus") { Description = "GPUs, one data-parallel rank each", HelpName = "N", DefaultValueFactory = _ => 1 };
        var memory = new Option<double?>("--gpu-memory") { Description = "Memory of a GPU; default: what nvidia-smi says, else 80", HelpName = "GIB" };
        var peak = new Option<double?>("--peak") { Description = "A GPU's peak in the precision of the products; default: its data sheet's, else an A100's", HelpName = "TFLOPS" };
        var mfu = new Option<double>("--mfu") { Description = "The share of that peak that training gets", HelpName = "SHARE", DefaultValueFactory = _ => ScalePlan.DefaultMfu };
        var shard = new Option<bool>("--shard-states") { Description = "Each rank holds the optimizer's states of its part only" };
        var precision = new Option<string?>("--precision") { Description = "float32 or bfloat16; default: the configuration's, bfloat16 for the paper's models", HelpName = "NAME" };
        var recompute = new Option<bool>("--recompute") { Description = "Blocks are computed again in the backward pass" };
        var micro = new Option<int?>("--micro-batch") { Description = "Sequences that pass through a rank at once; default: as many as fit", HelpName = "N" };
        var optimizer = new Option<string>("--optimizer") { Description = "AdEMAMix or AdamW, for the paper's models", HelpName = "NAME", DefaultValueFactory = _ => OptimizerConfig.AdEMAMix };
        var steps = new Option<int?>("--steps") { Description = "Length of the run, for the paper's models", HelpName = "N" };
        var json = new Option<string?>("--json") { Description = "Also write the plan as JSON", HelpName = "FILE" };
        var write = new Option<string?>("--write") { Description = "Write the configuration that 'train' takes; set data.path in it to your token shards", HelpName = "CONFIG.json" };
        var plan = new Command("plan", "What a run on GPUs takes before it starts, and whether it fits") { what, gpus, memory, peak, mfu, shard, precision, recompute, micro, optimizer, steps, json, write };
        plan.SetAction(parsed => Run(new Wishes(parsed.GetValue(what)!, parsed.GetValue(gpus), parsed.GetValue(memory), parsed.GetValue(peak), parsed.GetValue(mfu), parsed.GetValue(shard), parsed.GetValue(precision),
            parsed.GetValue(recompute), parsed.GetValue(micro), parsed.GetValue(optimizer)!, parsed.GetValue(steps), parsed.GetValue(json), parsed.GetValue(write))));
        return plan;
    }

    static int Run(Wishes wishes)
    {
        if (wishes.Precision is not (null or ComputeConfig.Float32 or ComputeConfig.BFloat16)) throw new ConfigException($"--precision is '{wishes.Precision}', but must be float32 or bfloat16.");
        var model = PaperModel.Find(wishes.What);
        var config = model?.Config(wishes.Optimizer, wishes.Steps) ?? Load(wishes.What);
        var layout = new ScaleLayout(wishes.Gpus)
        {
            ShardStates = wishes.ShardStates,
            BFloat16 = (wishes.Precision ?? config.Compute?.Precision) == ComputeConfig.BFloat16,
            Recompute = wishes.Recompute || config.Compute?.Recompute == true,
            MicroBatch = wishes.MicroBatch ?? (config.Training.MicroBatchSize is { } micro && wishes.Gpus > 0 ? Math.Min(micro, (config.Training.BatchSize + wishes.Gpus - 1) / wishes.Gpus) : null),
        };
        var plan = new ScalePlan(config, RunEstimate.Of(config, WorkbookPaths.Find()), layout, Device(wishes), wishes.Mfu);
        Console.WriteLine(plan.ToTable());
        if (model is not null) Console.WriteLine("\n" + plan.Lengths(model.Budgets));
        if (wishes.Json is not null) File.WriteAllText(wishes.Json, plan.ToJson() + "\n");
        plan.RequireRoom();
        if (wishes.Write is not null) File.WriteAllText(wishes.Write, plan.Config.ToJson() + "\n");
        if (Next(wishes, model) is { } next) Console.WriteLine("\n" + next);
        return 0;
    }

    static string? Next(Wishes wishes, PaperModel? model) => wishes switch
    {
        { Write: { } file } => $"Written: {file}. Set data.path in it to your token shards, then: environment/workbook train {file}{(wishes.Gpus > 1 ? $" --ranks {wishes.Gpus}" : "")}{(wishes.ShardStates ? " --shard-states" : "")}",
        _ when model is not null => "For a configuration to train: the same with --write CONFIG.json",
        _ => null,
    };

    static RunConfig Load(string what) => File.Exists(what) || what.EndsWith(".json", StringComparison.OrdinalIgnoreCase)
        ? RunConfig.Load(what)
        : throw new ConfigException($"There is no preset '{what}': choose {PaperModel.Names}, or give the path of a configuration's JSON file.");

    static Accelerator Device(Wishes wishes)
    {
        var found = Accelerator.Here();
        var device = found.Count > 0 ? found.MinBy(d => d.MemoryBytes)! : Accelerator.Assumed with { Name = $"{Accelerator.Assumed.Name} (assumed, no GPU is here)" };
        if (wishes.GpuMemory is { } memory)
        {
            if (!(memory > 0 && memory < 1e6)) throw new ConfigException(FormattableString.Invariant($"--gpu-memory is {memory}, but must be a positive number of GiB, such as 80."));
            device = device with { MemoryBytes = (long)(memory * GiB) };
        }
        if (wishes.Peak is { } peak)
        {
            if (!(peak > 0 && peak < 1e6)) throw new ConfigException(FormattableString.Invariant($"--peak is {peak}, but must be a positive number of TFLOP/s, such as 312."));
            device = device with { FloatFlops = peak * 1e12, BFloat16Flops = peak * 1e12 };
        }
        return device;
    }
}
