using System.Diagnostics;
using Microsoft.Data.Sqlite;
using Xunit;

namespace AdEMAMix.Workbook.Tests;

public sealed class RunStoreTests : IDisposable
{
    readonly TemporaryFolder folder = new();
    readonly RunConfig config = new() { Name = "first" };

    static ProcessIdentity Me => ProcessIdentity.Current;

    public void Dispose() => folder.Dispose();

    RunStore Open() => RunStore.Open(folder["runs.db"]);

    static RunPoint Point(int step, double? validation = null) => new(step, step * 1024L, step * 0.1, 3.123456789, validation, 1e-3, 10240);

    static RunResult Result => new(1.4512345678, 1.5, 1024, 12.5, 81920, 113408, "ab12");

    RunRecord Finish(RunStore store)
    {
        var claim = store.TryClaim(config, Me)!;
        claim.Begin(RunEnvironment.Capture(null), 0, []);
        claim.Report(Point(1));
        claim.Report(Point(2, 2.5));
        claim.Finish(Result);
        return store.Find(config.RunId)!;
    }

    [Fact]
    public void A_run_is_queued_then_running_then_finished()
    {
        using var store = Open();
        store.Add(config);
        Assert.Equal(RunState.Queued, store.Find(config.RunId)!.State);
        var claim = store.TryClaim(config, Me)!;
        Assert.Equal(RunState.Running, store.Find(config.RunId)!.State);
        claim.Report(Point(1, 2.25));
        claim.Finish(Result);
        var run = store.Find(config.RunId)!;
        Assert.Equal(RunState.Finished, run.State);
        Assert.Equal(config, run.Config);
        Assert.Equal(1.451235, run.Result!.ValidationLoss);
        Assert.Equal(Point(1, 2.25).Rounded(), Assert.Single(run.Points));
    }

    [Fact]
    public void Two_stores_on_one_file_give_a_run_to_one_worker_only()
    {
        using var one = Open();
        using var two = Open();
        using var sleeper = Process.Start("sleep", "1000");
        try
        {
            var other = ProcessIdentity.Of(sleeper.Id)!;
            Assert.NotNull(one.TryClaim(config, other));
            Assert.Null(two.TryClaim(config, Me));
            Assert.False(two.Find(config.RunId)!.IsAbandoned);
        }
        finally
        {
            sleeper.Kill();
        }
    }

    [Fact]
    public void The_run_of_a_dead_worker_is_taken_over_and_the_dead_workers_claim_is_void()
    {
        using var store = Open();
        using var sleeper = Process.Start("sleep", "1000");
        var dead = store.TryClaim(config, ProcessIdentity.Of(sleeper.Id)!)!;
        dead.Report(Point(1));
        sleeper.Kill();
        sleeper.WaitForExit();
        Assert.True(store.Find(config.RunId)!.IsAbandoned);
        var claim = store.TryClaim(config, Me);
        Assert.NotNull(claim);
        Assert.Throws<StoreException>(() => dead.Report(Point(2)));
        Assert.Single(store.Find(config.RunId)!.Points);
    }

    [Fact]
    public void A_reused_pid_is_not_the_worker()
    {
        using var store = Open();
        store.TryClaim(config, Me with { Start = Me.Start - 1 });
        Assert.True(store.Find(config.RunId)!.IsAbandoned);
    }

    [Fact]
    public void A_worker_on_another_machine_is_left_alone_while_it_is_heard_of()
    {
        using var store = Open();
        store.TryClaim(config, Me with { Place = "another machine" });
        Assert.Null(store.TryClaim(config, Me));
        store.Execute("UPDATE runs SET heartbeat = '2020-01-01T00:00:00.000Z'");
        Assert.NotNull(store.TryClaim(config, Me));
    }

    [Fact]
    public void A_finished_run_is_not_claimed_again()
    {
        using var store = Open();
        Finish(store);
        Assert.Null(store.TryClaim(config, Me));
    }

    [Fact]
    public void A_diverged_run_keeps_its_step_and_is_not_repeated()
    {
        using var store = Open();
        store.TryClaim(config, Me)!.Diverge(17, "the loss is NaN");
        var run = store.Find(config.RunId)!;
        Assert.Equal((RunState.Diverged, 17), (run.State, run.Step));
        Assert.Null(store.TryClaim(config, Me));
    }

    [Fact]
    public void Stopped_and_failed_runs_are_claimed_again()
    {
        using var store = Open();
        store.TryClaim(config, Me)!.Stop();
        store.TryClaim(config, Me)!.Fail("out of luck");
        Assert.Equal("out of luck", store.Find(config.RunId)!.Message);
        Assert.NotNull(store.TryClaim(config, Me));
        Assert.Null(store.Find(config.RunId)!.Message);
    }

    [Fact]
    public void Resuming_forgets_the_points_after_the_checkpoint()
    {
        using var store = Open();
        var claim = store.TryClaim(config, Me)!;
        foreach (var step in Enumerable.Range(1, 5)) claim.Report(Point(step));
        claim.Begin(RunEnvironment.Capture(null), 3, [Point(1), Point(2), Point(3)]);
        Assert.Equal([1, 2, 3], store.Find(config.RunId)!.Points.Select(p => p.Step));
    }

    [Fact]
    public void Runs_are_found_by_the_beginning_of_their_id()
    {
        using var store = Open();
        store.Add(config);
        store.Add(config with { InitSeed = 1 });
        Assert.Equal(config.RunId, store.Get(config.RunId[..8]).Id);
        Assert.Throws<StoreException>(() => store.Get(""));
        Assert.Throws<StoreException>(() => store.Get("not-an-id"));
    }

    [Fact]
    public void A_locked_store_is_named_in_one_sentence()
    {
        using (Open())
        {
        }
        using var other = new SqliteConnection($"Data Source={folder["runs.db"]};Pooling=False");
        other.Open();
        using var command = other.CreateCommand();
        command.CommandText = "PRAGMA locking_mode = EXCLUSIVE; BEGIN EXCLUSIVE";
        command.ExecuteNonQuery();
        var error = Assert.Throws<StoreException>(() => RunStore.Open(folder["runs.db"], TimeSpan.FromSeconds(1)));
        Assert.Contains(folder["runs.db"], error.Message);
        Assert.Contains("locked", error.Message);
    }

    [Fact]
    public void A_store_of_the_layout_before_measurements_keeps_its_runs()
    {
        using (var store = Open())
        {
            store.Add(SmallRun.Config);
            store.Execute("DROP TABLE measurements; PRAGMA user_version = 1");
        }
        using var updated = Open();
        Assert.Empty(updated.Find(SmallRun.Config.RunId)!.Measurements);
        using var again = Open();
        Assert.Single(again.List());
    }

    [Fact]
    public void A_store_of_a_newer_version_is_refused_and_left_as_it_is()
    {
        using (var store = Open()) store.Execute("PRAGMA user_version = 99");
        var error = Assert.Throws<StoreException>(Open);
        Assert.Contains("99", error.Message);
        Assert.Contains("update", error.Message);
    }

    [Fact]
    public void A_file_that_is_no_database_is_refused()
    {
        File.WriteAllText(folder["runs.db"], new string('x', 5000));
        Assert.Contains("not a run store", Assert.Throws<StoreException>(Open).Message);
    }

    [Fact]
    public void An_exported_run_comes_back_as_it_was()
    {
        RunRecord run;
        string text;
        using (var store = Open())
        {
            run = Finish(store);
            text = File.ReadAllText(ResultFile.Write(run, folder["results/token-efficiency"]));
            Assert.Equal(text, File.ReadAllText(ResultFile.Write(run, folder["results/token-efficiency"])));
        }
        using var fresh = RunStore.Open(folder["fresh.db"]);
        Assert.Equal(1, ResultFile.ImportAll(fresh, folder["results"]));
        Assert.Equal(0, ResultFile.ImportAll(fresh, folder["results"]));
        var back = fresh.Find(run.Id)!;
        Assert.Equal(run.Points, back.Points);
        Assert.Equal((run.Config, run.Result, run.State, run.Environment, run.Ended), (back.Config, back.Result, back.State, back.Environment, back.Ended));
        Assert.Equal(text, File.ReadAllText(ResultFile.Write(back, folder["again"])));
    }

    [Fact]
    public void An_edited_result_file_is_refused()
    {
        using var store = Open();
        var path = ResultFile.Write(Finish(store), folder["results"]);
        File.WriteAllText(path, File.ReadAllText(path).Replace("1.451235", "1.401235"));
        Assert.Contains("edited", Assert.Throws<StoreException>(() => ResultFile.Read(path)).Message);
        File.WriteAllText(path, File.ReadAllText(path)[..200]);
        Assert.Contains(path, Assert.Throws<StoreException>(() => ResultFile.Read(path)).Message);
    }

    [Fact]
    public void An_unfinished_run_is_not_exported()
    {
        using var store = Open();
        store.Add(config);
        Assert.Throws<StoreException>(() => ResultFile.Write(store.Find(config.RunId)!, folder.Path));
    }
}
