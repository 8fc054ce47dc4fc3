// The installed kernel with Debian's Jupyter: its own kernel tests, its clients, and kernels that die.

namespace AdEMAMix.Cli.Tests;

[Collection(JupyterCollection.Name)]
public sealed class JupyterClientTests : IDisposable
{
    readonly JupyterClone clone = new();

    public void Dispose() => clone.Dispose();

    [Fact]
    public void All_of_Jupyters_own_kernel_tests_pass_but_the_pagers_which_is_IPythons()
    {
        var outcome = clone.Run(JupyterClone.Python, JupyterClone.Script("kernel_test.py"));
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        Assert.Contains("OK (skipped=1)", outcome.Error);
        Assert.Contains("test_pager (__main__.CSharpKernelTests.test_pager) ... skipped", outcome.Error);
    }

    [Fact]
    public void A_cell_that_ends_the_process_is_reported_as_a_dead_kernel_and_the_next_kernel_starts()
    {
        var outcome = clone.Run(JupyterClone.Python, JupyterClone.Script("dying_cells.py"));
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        Assert.Equal(["exit dead 2 last words", "overflow dead 2", "fail fast dead 2", "next 42"], Lines(outcome));
    }

    [Fact]
    public void Signals_restarts_and_the_front_ends_death_do_what_a_front_end_counts_on()
    {
        var outcome = clone.Run(JupyterClone.Python, JupyterClone.Script("kernel_processes.py"));
        Assert.True(outcome.ExitCode == 0, outcome.Error);
        Assert.Equal(["before ('ok', ['5'])", "interrupted once error", "interrupted twice error", "after ('ok', ['5'])", "restarted error", "terminated True", "orphan gone True"], Lines(outcome));
    }

    [Fact]
    public void A_kernel_killed_while_it_trains_leaves_its_worker_at_work_and_a_new_one_finds_the_run()
    {
        clone.Write("text.txt", string.Join('\n', Enumerable.Range(0, 400).Select(i => $"line {i} of a text that is long enough")));
        clone.Write("run.json", """
            {
              "name": "small",
              "data": { "source": "file", "path": "text.txt" },
              "model": { "layers": 1, "width": 16, "heads": 2, "context": 16 },
              "optimizer": { "kind": "AdEMAMix", "learningRate": 0.002, "beta3": 0.99, "alpha": 4, "alphaWarmup": 0 },
              "training": { "steps": 5000, "batchSize": 4, "warmupSteps": 2, "evaluationInterval": 100, "evaluationWindows": 4, "checkpointInterval": 1000 }
            }
            """);
        var outcome = clone.Run(JupyterClone.Python, JupyterClone.Script("killed_kernel.py"), Path.Combine(clone.Root, "notebooks"));
        Assert.True(outcome.ExitCode == 0, outcome.Error + outcome.Output);
        var facts = Lines(outcome);
        Assert.Equal(["training 1", "client sees a living kernel: False", "workers that went on: 1"], facts[..3]);
        Assert.Matches("^reopened ok [0-9a-f]{12} Finished 5000$", facts[3]);
        // One worker trained it from start to end: nothing was begun again.
        var log = Assert.Single(Directory.EnumerateFiles(Path.Combine(clone.Root, "data"), "*.log", SearchOption.AllDirectories));
        Assert.Single(File.ReadLines(log), line => line.StartsWith("Finished", StringComparison.Ordinal));
    }

    [Fact]
    public void Installing_and_uninstalling_touch_this_clones_entry_only()
    {
        var foreign = clone.Write("jupyter/data/kernels/other/kernel.json", """{"argv": ["other", "{connection_file}"], "display_name": "other", "language": "other"}""");
        Assert.Contains(".net-csharp", clone.Run(JupyterClone.Python, "-m", "jupyter_client.kernelspecapp", "list").Output);
        Assert.Contains("Removed the kernel '.net-csharp'", clone.Run("dotnet", clone.Program, "kernel", "uninstall").Output);
        Assert.Equal(["other"], Directory.EnumerateDirectories(Path.Combine(clone.Root, "jupyter", "data", "kernels")).Select(Path.GetFileName));
        Assert.True(File.Exists(foreign));
    }

    [Theory]
    [InlineData("{", "JSON")]
    [InlineData("""{"ip": "0.0.0.0", "key": "k", "shell_port": 1, "iopub_port": 2, "stdin_port": 3, "control_port": 4, "hb_port": 5}""", "0.0.0.0")]
    public void A_connection_file_that_cannot_be_served_is_one_sentence(string content, string named)
    {
        var outcome = clone.Run("dotnet", clone.Program, "kernel", "serve", clone.Write("connection.json", content));
        Assert.Equal(1, outcome.ExitCode);
        Assert.Contains(named, outcome.Sentence);
    }

    static string[] Lines(Outcome outcome) => outcome.Output.Split('\n', StringSplitOptions.RemoveEmptyEntries);
}
