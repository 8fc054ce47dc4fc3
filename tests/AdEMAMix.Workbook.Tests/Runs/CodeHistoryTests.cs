using System.Diagnostics;
using Xunit;

namespace AdEMAMix.Workbook.Tests;

// Against a real repository of a few files.
public sealed class CodeHistoryTests : IDisposable
{
    readonly TemporaryFolder folder = new();
    readonly string first;

    public CodeHistoryTests()
    {
        Git("init", "-q");
        first = Commit("lib/AdEMAMix/Rule.cs", "one");
    }

    public void Dispose() => folder.Dispose();

    string Git(params string[] arguments)
    {
        var start = new ProcessStartInfo("git", ["-c", "user.name=test", "-c", "user.email=test@example.org", "-c", "commit.gpgsign=false", .. arguments]) { WorkingDirectory = folder.Path, RedirectStandardOutput = true };
        using var git = Process.Start(start)!;
        var output = git.StandardOutput.ReadToEnd().Trim();
        git.WaitForExit();
        Assert.Equal(0, git.ExitCode);
        return output;
    }

    void Write(string file, string text)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(folder[file])!);
        File.WriteAllText(folder[file], text);
    }

    string Commit(string file, string text)
    {
        Write(file, text);
        Git("add", "-A");
        Git("commit", "-q", "--no-verify", "-m", file);
        return Git("rev-parse", "--short=12", "HEAD");
    }

    string Since(string? commit) => new CodeHistory(folder.Path).Since(commit);

    static RunRecord Run(string commit) => new() { Id = new RunConfig().RunId, Config = new RunConfig(), State = RunState.Finished, Environment = new RunEnvironment { Commit = commit } };

    [Fact]
    public void A_commit_that_changes_nothing_deciding_leaves_a_run_as_new_as_it_was()
    {
        var before = RunProvenance.Of([Run(first)], new CodeHistory(folder.Path)).ToHtml();
        Commit("lib/AdEMAMix.Workbook/Figures/Axis.cs", "a chart");
        Commit("lib/AdEMAMix/README.md", "words");
        Commit("notebooks/01.ipynb", "{}");
        Assert.Equal("same code", Since(first));
        Assert.Equal(before, RunProvenance.Of([Run(first)], new CodeHistory(folder.Path)).ToHtml());
    }

    [Fact]
    public void A_change_of_what_a_run_computes_makes_its_records_older()
    {
        var second = Commit("lib/AdEMAMix/Rule.cs", "two");
        Commit("lib/AdEMAMix.Workbook/Training/Trainer.cs", "three");
        Assert.Equal("older: 2 files changed since", Since(first));
        Assert.Equal("older: 1 file changed since", Since(second));
        var report = RunProvenance.Of([Run(first), Run(second), Run(Git("rev-parse", "HEAD"))], new CodeHistory(folder.Path)).ToString();
        Assert.Contains("2 of 3 runs were made by an older version of the code", report);
        Assert.Contains("same code", report);
    }

    [Fact]
    public void An_edit_that_is_not_committed_counts_too()
    {
        Write("lib/AdEMAMix/Rule.cs", "edited");
        Assert.Equal("older: 1 file changed since", Since(first));
    }

    [Fact]
    public void What_git_does_not_know_is_said_to_be_unknown()
    {
        foreach (var commit in (string?[])[null, "unknown", "0123456789ab", "--output=x"]) Assert.Equal("unknown commit", Since(commit));
        Assert.Equal("changes not committed", Since(first + "+"));
        using var elsewhere = new TemporaryFolder();
        Assert.Equal("unknown commit", new CodeHistory(elsewhere.Path).Since(first));
        Assert.DoesNotContain("older", RunProvenance.Of([Run("unknown")], new CodeHistory(elsewhere.Path)).ToString());
    }
}
