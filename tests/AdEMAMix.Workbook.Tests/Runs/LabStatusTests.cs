using System.Text;
using System.Text.RegularExpressions;
using Xunit;

namespace AdEMAMix.Workbook.Tests;

public sealed class LabStatusTests
{
    static readonly RunPlan plan = new("token-efficiency", from seed in Enumerable.Range(1, 3)
                                                           from kind in (string[])[OptimizerConfig.AdamW, OptimizerConfig.AdEMAMix]
                                                           select new RunConfig { Name = $"{kind}, seed {seed}", Optimizer = new() { Kind = kind }, Training = new() { Steps = 800 }, InitSeed = seed });

    static RunRecord Begun(RunConfig config, int points, RunState state = RunState.Running) => new()
    {
        Id = config.RunId,
        Config = config,
        State = state,
        Step = points * 100,
        Seconds = points * 10,
        TokensPerSecond = 10_240,
        Worker = ProcessIdentity.Current,
        Points = [.. Enumerable.Range(1, points).Select(i => new RunPoint(i * 100, i * 102_400, i * 10, 3.0 / i, 2.9 / i, 0.01, 10_240))],
        Result = state == RunState.Finished ? new(2.9 / points, 2, points * 102_400, points * 10, 10_240, 1, "00") : null,
    };

    [Fact]
    public void Runs_in_progress_show_speed_time_left_and_their_curves()
    {
        var runs = plan.Runs.Select((config, i) => i == 0 ? Begun(config, 8, RunState.Finished) : i < 3 ? Begun(config, 4) : new RunRecord { Id = config.RunId, Config = config, State = RunState.Queued }).ToList();
        var status = new LabStatus("token-efficiency", runs);
        // Two runs of 800 steps are half done after 40 s, three of 80 s are not begun: 320 s of work for two workers.
        Assert.Equal("token-efficiency: 1 of 6 runs done, 2 training, 20,480 tokens/s, about 2:40 left", status.ToString());
        var html = status.ToHtml();
        Assert.Contains("█████░░░░░ 50 %", html);
        var svg = Encoding.UTF8.GetString(Convert.FromBase64String(Regex.Match(html, "data:image/svg\\+xml;base64,([^\"]+)").Groups[1].Value));
        Assert.Equal(3, Regex.Count(svg, "<path d=\"M[^\"]+\" fill=\"none\""));
        Assert.Contains("AdEMAMix", svg);
        Assert.Contains("Validation loss", svg);
    }

    [Fact]
    public void What_stays_in_the_file_names_no_time_left()
    {
        var done = new LabStatus("token-efficiency", [.. plan.Runs.Select(config => Begun(config, 8, RunState.Finished))], ended: true);
        Assert.StartsWith("token-efficiency: all 6 runs done\n", done.ToString());
        var stopped = new LabStatus("token-efficiency", [.. plan.Runs.Select((config, i) => Begun(config, 4, i < 2 ? RunState.Finished : RunState.Stopped))], ended: true);
        Assert.StartsWith("token-efficiency: 2 of 6 runs done, stopped\n", stopped.ToString());
        Assert.DoesNotContain(" left\n", stopped.ToString());
        Assert.DoesNotMatch(@"\d s|\d min", stopped.ToString());
    }

    [Fact]
    public void A_large_plan_lists_what_moves_and_stays_small()
    {
        var many = Enumerable.Range(0, 300).Select(i => plan.Runs[0] with { InitSeed = i, Name = $"run {i}", Training = plan.Runs[0].Training with { Steps = 40_000 } }).Select((config, i) => Begun(config, 400, i == 7 ? RunState.Diverged : i % 100 == 0 ? RunState.Running : RunState.Finished)).ToList();
        var html = new LabStatus("large", many).ToHtml();
        Assert.Equal(4, Regex.Count(html, "<tr><td"));
        Assert.Contains("(296 done or waiting runs not listed)", html);
        Assert.InRange(html.Length, 1_000, 150_000);
    }

    [Fact]
    public void Before_the_first_evaluation_the_training_loss_is_drawn()
    {
        var run = Begun(plan.Runs[0], 3);
        run = run with { Points = [.. run.Points.Select(p => p with { ValidationLoss = null })] };
        Assert.Contains("Training loss", LabCurves.Draw([run])!.Json);
        Assert.Null(LabCurves.Draw([run with { Points = [run.Points[0]] }]));
    }
}
