using System.Diagnostics;
using System.Text.RegularExpressions;
using AdEMAMix.Workbook;

namespace AdEMAMix.Cli.Tests.Cluster;

/// <summary>The job scripts of environment/cluster under a real Slurm.</summary>
public sealed class ClusterTests : IDisposable
{
    readonly TemporaryWorkbook workbook = new();
    readonly string text;
    readonly Dictionary<string, string> environment;

    public ClusterTests()
    {
        text = workbook.Write("text.txt", string.Join('\n', Enumerable.Range(0, 400).Select(i => $"line {i} of a text that is long enough")));
        // The program as these tests were built, where a clone has environment/workbook.
        var command = workbook.Write("environment/workbook", $"#!/bin/sh\nexec dotnet '{Path.Combine(AppContext.BaseDirectory, "workbook.dll")}' \"$@\"\n");
        using (var chmod = Process.Start("chmod", ["+x", command])) chmod.WaitForExit();
        environment = new() { ["WORKBOOK_ROOT"] = workbook.Root };
    }

    public void Dispose() => workbook.Dispose();

    static string Script(string name) => Path.Combine(TemporaryWorkbook.Repository, "environment", "cluster", name);

    RunConfig Config(int seed, int steps) => new()
    {
        Name = $"seed {seed}",
        Data = new DataConfig { Source = DataConfig.FileSource, Path = text },
        Model = new ModelConfig { Layers = 1, Width = 16, Heads = 2, Context = 16 },
        Optimizer = new OptimizerConfig { Kind = "AdEMAMix", LearningRate = 1e-3, Beta3 = 0.99, Alpha = 4 },
        Training = new TrainingConfig { Steps = steps, BatchSize = 4, WarmupSteps = 2, EvaluationInterval = steps, EvaluationWindows = 4, CheckpointInterval = steps },
        InitSeed = seed,
        DataSeed = seed,
    };

    string Log(string name) => File.Exists(Path.Combine(workbook.Root, name)) ? File.ReadAllText(Path.Combine(workbook.Root, name)) : "";

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void The_job_script_trains_one_run_in_so_many_ranks(int ranks)
    {
        Assert.SkipWhen(SlurmCluster.Missing is not null, SlurmCluster.Missing ?? "");
        using var slurm = SlurmCluster.Start();
        var config = Config(seed: 1, steps: 20);
        workbook.Write("run.json", config.ToJson());
        var job = slurm.Submit(workbook.Root, environment, "--ntasks", $"{ranks}", "--time", "10", Script("train.sbatch"), "run.json");
        var ends = slurm.WaitFor(job);
        var log = Log($"ademamix-{job}.log");
        Assert.True(ends is ["COMPLETED 0:0"], $"{string.Join(", ", ends)}\n{log}");
        Assert.Contains($"{ranks} ranks on localhost", log);
        Assert.Single(Regex.Matches(log, "Finished: validation loss"));
        var shown = workbook.Run("runs", "show", config.RunId).Output;
        Assert.Contains("finished, step 20 of 20", shown);
        Assert.Equal(ranks > 1, shown.Contains($"{ranks} ranks", StringComparison.Ordinal));
    }

    [Fact]
    public void A_job_asked_to_stop_goes_back_into_the_queue_and_on_from_its_checkpoint()
    {
        Assert.SkipWhen(SlurmCluster.Missing is not null, SlurmCluster.Missing ?? "");
        using var slurm = SlurmCluster.Start();
        var config = Config(seed: 2, steps: 3000);
        workbook.Write("run.json", config.ToJson());
        var job = slurm.Submit(workbook.Root, environment, "--ntasks", "1", "--time", "10", Script("train.sbatch"), "run.json");
        string Trained() => Log($"ademamix-{job}.log");
        slurm.Until(() => Trained().Contains("step 0 of", StringComparison.Ordinal), "training has begun");
        // What Slurm does three minutes before the time limit.
        slurm.Signal(job, "TERM");
        slurm.Until(() => Trained().Contains("goes back into the queue", StringComparison.Ordinal), "the job was queued again");
        var ends = slurm.WaitFor(job);
        Assert.True(ends is ["COMPLETED 0:0"], $"{string.Join(", ", ends)}\n{Trained()}");
        var stopped = Regex.Match(Trained(), "Stopped at step ([0-9,]+)").Groups[1].Value;
        Assert.NotEqual("", stopped);
        Assert.Contains($"step {stopped} of 3,000", Trained());
        Assert.Single(Regex.Matches(Trained(), "Finished: validation loss"));
    }

    [Fact]
    public void An_array_trains_a_plan_one_run_for_each_task_and_the_records_are_merged()
    {
        Assert.SkipWhen(SlurmCluster.Missing is not null, SlurmCluster.Missing ?? "");
        using var slurm = SlurmCluster.Start();
        var wild = Config(seed: 5, steps: 20) with { Name = "wild", Optimizer = new OptimizerConfig { LearningRate = 1e30, WeightDecay = 0 } };
        var plan = new RunPlan("sweep", [Config(seed: 3, steps: 20), Config(seed: 4, steps: 20), wild]);
        Assert.Equal(3, plan.WriteConfigs(Path.Combine(workbook.Root, "sweep"), []).Count);
        var job = slurm.Submit(workbook.Root, environment, "--array", "0-2", "--time", "10", Script("sweep.sbatch"), "sweep");
        var ends = slurm.WaitFor(job);
        var logs = string.Join("\n", Enumerable.Range(0, 3).Select(task => Log($"ademamix-sweep-{job}_{task}.log")));
        Assert.True(ends.Count == 3 && ends.All(e => e == "COMPLETED 0:0"), $"{string.Join(", ", ends)}\n{logs}");
        Assert.Equal(plan.Runs.Select(r => r.RunId + ".json").Order(), Directory.EnumerateFiles(Path.Combine(workbook.Root, "sweep", "results")).Select(f => Path.GetFileName(f)).Order());
        Assert.Contains("3 runs imported", workbook.Run("runs", "import", "sweep/results").Output);
        var list = workbook.Run("runs", "list").Output;
        Assert.Equal(2, Regex.Matches(list, "finished").Count);
        Assert.Single(Regex.Matches(list, "diverged"));
    }

    [Fact]
    public void A_job_without_a_configuration_or_outside_a_workbook_ends_with_a_sentence()
    {
        Assert.SkipWhen(SlurmCluster.Missing is not null, SlurmCluster.Missing ?? "");
        using var slurm = SlurmCluster.Start();
        var job = slurm.Submit(workbook.Root, environment, Script("train.sbatch"), "missing.json");
        Assert.Equal(["FAILED 1:0"], slurm.WaitFor(job));
        Assert.Contains("there is no configuration 'missing.json'", Log($"ademamix-{job}.log"));
        var array = slurm.Submit(workbook.Root, environment, "--array", "7", Script("sweep.sbatch"), "sweep");
        Assert.Equal(["FAILED 1:0"], slurm.WaitFor(array));
        Assert.Contains("no configuration number 7", Log($"ademamix-sweep-{array}_7.log"));
    }
}
