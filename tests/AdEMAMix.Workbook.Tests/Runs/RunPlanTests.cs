using Xunit;

namespace AdEMAMix.Workbook.Tests;

public sealed class RunPlanTests : IDisposable
{
    const long GiB = 1L << 30;

    // Weights, gradients and two moments of about two trillion values.
    static readonly RunConfig Huge = new() { Name = "too large", Model = new ModelConfig { Layers = 40, Width = 65_536, Heads = 64, Context = 1024 } };

    static readonly MachineRoom Desk = new(4, 16 * GiB, 100 * GiB);

    readonly TemporaryFolder folder = new();
    readonly RunStore store;

    public RunPlanTests() => store = RunStore.Open(folder["runs.db"]);

    public void Dispose()
    {
        store.Dispose();
        folder.Dispose();
    }

    static RunPlan Seeds(RunConfig config, int seeds) => new("test", Enumerable.Range(1, seeds).Select(seed => config with { InitSeed = seed }));

    [Fact]
    public void A_caption_states_runs_tokens_minutes_memory_and_disk()
    {
        var caption = Seeds(new RunConfig(), 6).ToTable([], Desk).Caption!;
        Assert.StartsWith("0 of 6 runs done, 24.6M tokens in all; about ", caption);
        Assert.Matches("min left, 4 at a time; memory [0-9]+ MiB a run, 1.[0-9] GiB at once; disk [0-9]+ MiB$", caption);
    }

    [Fact]
    public async Task A_run_that_exceeds_the_memory_is_refused_with_the_numbers_before_anything_starts()
    {
        var session = new LabSession(Seeds(Huge, 2), store, WorkbookPaths.Find(), () => throw new InvalidOperationException("a worker was started"));
        var error = await Assert.ThrowsAsync<ConfigException>(() => session.RunAsync(default));
        Assert.Matches(@"needs about [0-9]+ TiB of memory \([0-9,.]+M parameters\), but the machine has [0-9.]+ [GT]iB: choose a smaller model", error.Message);
        Assert.Empty(store.List());
    }

    [Fact]
    public void Fewer_runs_go_at_once_where_all_would_not_fit()
    {
        var plan = Seeds(new RunConfig(), 6);
        var one = plan.EstimateOf(plan.Runs[0]).MemoryBytes;
        Assert.Equal(4, plan.SlotsOn(Desk));
        Assert.Equal(2, plan.SlotsOn(Desk with { MemoryBytes = 2 * one + 1 }));
        var tight = Desk with { MemoryBytes = one };
        Assert.Equal(1, plan.SlotsOn(tight));
        plan.RequireRoom([], tight);
        Assert.Throws<ConfigException>(() => plan.RequireRoom([], tight with { MemoryBytes = one - 1 }));
    }

    [Fact]
    public void A_plan_that_exceeds_the_free_disk_is_refused_with_the_numbers()
    {
        var plan = Seeds(new RunConfig(), 6);
        var checkpoint = plan.EstimateOf(plan.Runs[0]).CheckpointBytes;
        // Six checkpoints, and four more while four runs write theirs anew.
        plan.RequireRoom([], Desk with { FreeDiskBytes = 10 * checkpoint });
        var error = Assert.Throws<ConfigException>(() => plan.RequireRoom([], Desk with { FreeDiskBytes = 10 * checkpoint - 1 }));
        Assert.Contains("The 6 runs of 'test' that are left need about 13 MiB of disk", error.Message);
    }

    [Fact]
    public void Runs_that_are_done_need_nothing()
    {
        var plan = Seeds(Huge, 1);
        var done = new RunRecord { Id = plan.Runs[0].RunId, Config = plan.Runs[0], State = RunState.Finished, Step = 4000 };
        plan.RequireRoom([done], Desk);
        Assert.EndsWith("nothing left to train", plan.ToTable([done], Desk).Caption);
    }

    [Fact]
    public void A_plan_with_needs_is_shown_with_its_costs_and_refused()
    {
        var paper = new RunConfig
        {
            Name = "110M",
            Data = new DataConfig { Source = "redpajama-v2" },
            Model = new ModelConfig { Layers = 12, Width = 768, Heads = 12, Context = 1024 },
            Training = new TrainingConfig { Steps = 256_000, BatchSize = 64 },
        };
        var plan = new RunPlan("test", [paper]) { Needs = ["Token shards of RedPajama v2.", "Compute in bfloat16."] };
        var row = plan.Costs().Rows.Single();
        Assert.Equal(["768/12/12", "AdamW", 1, "134.9M", 256_000, "16.78B"], row.Take(6));
        Assert.Equal(1.3e19, (double)row[6]!, 2e18);
        Assert.Contains("it cannot be run yet", plan.ToTable([], Desk).Caption);
        Assert.Contains("- Compute in bfloat16.", plan.ToString());
        Assert.Contains("<li>Token shards of RedPajama v2.</li>", plan.ToHtml());
        var error = Assert.Throws<ConfigException>(() => plan.RequireRoom([], new MachineRoom(64, 10_000 * GiB, 10_000 * GiB)));
        Assert.Contains("cannot be run yet (2 needs: Token shards of RedPajama v2; Compute in bfloat16)", error.Message);
    }

    [Fact]
    public void Every_preset_says_what_it_is()
    {
        Assert.Equal(["smoke", "desk", "full"], Preset.All.Select(p => p.Name));
        Assert.Contains("GPUs", Preset.Named("full").Header);
        Assert.Contains("needs", Preset.Full.Header);
    }
}
