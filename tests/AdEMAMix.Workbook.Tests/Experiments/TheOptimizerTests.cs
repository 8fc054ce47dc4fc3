using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using System.Text.Json.Nodes;
using Xunit;

namespace AdEMAMix.Workbook.Tests;

public sealed class TheOptimizerTests
{
    static readonly TheOptimizer study = new(0.9, 0.999, 0.9999, 5);

    [Fact]
    public void Weights_are_what_the_reference_gives_a_single_past_gradient()
    {
        var reference = new AdEMAMixReference(new(Beta1: 0.9, Beta3: 0.9999, Alpha: 5), 1);
        var theta = new double[1];
        for (var age = 0; age < 3_000; age++)
        {
            reference.Step(theta, [age == 0 ? 1 : 0]);
            Assert.Equal(study.MixedWeight(age), reference.M1[0] + 5 * reference.M2[0], 1e-12);
        }
    }

    [Fact]
    public void Nested_weights_are_what_an_average_of_an_average_gives()
    {
        var (inner, outer) = (0.0, 0.0);
        for (var age = 0; age < 3_000; age++)
        {
            inner = 0.9 * inner + 0.1 * (age == 0 ? 1 : 0);
            outer = 0.9999 * outer + 0.0001 * inner;
            Assert.Equal(study.NestedWeight(age), outer, 1e-12);
        }
        Assert.True(study.NestedWeight(study.PeakAge()) > study.NestedWeight(study.PeakAge() - 1));
        Assert.True(study.NestedWeight(study.PeakAge()) >= study.NestedWeight(study.PeakAge() + 1));
    }

    [Fact]
    public void Weights_sum_to_one_plus_alpha_and_shares_to_one()
    {
        Assert.Equal(6, Enumerable.Range(0, 400_000).Sum(study.MixedWeight), 1e-9);
        Assert.Equal(1, Enumerable.Range(0, 400_000).Sum(study.NestedWeight), 1e-9);
        foreach (var row in study.WeightTable().Rows) Assert.Equal(1, row.Skip(2).SkipLast(1).Sum(share => (double)share!), 1e-9);
        // Half of an average's weight lies below its half-life, which counts further steps: 6 and 6,931 beside the paper's 5.6 and 6,930.
        Assert.Equal([7.0, 69, 693, 6932], study.WeightTable().Rows.Take(4).Select(row => (double)row[^1]!));
    }

    [Fact]
    public void Schedules_end_at_the_papers_half_lives()
    {
        foreach (var (beta3, halfLife) in new[] { (0.99, 68.0), (0.999, 692), (0.9999, 6930) })
            Assert.Equal(halfLife, (double)new TheOptimizer(beta3: beta3).ScheduleTable(1000).Rows[^1][3]!, 0.5);
        var rows = study.ScheduleTable(10_000).Rows;
        Assert.Equal([1, 100, 1000, 5000, 9000, 10000], rows.Select(row => (int)row[0]!));
        Assert.Equal(2.5, (double)rows[3][1]!, 1e-12);
        // Even in the half-life: at half of the warmup the mean of 5.6 and 6,930.
        Assert.Equal((5.58 + 6930.1) / 2, (double)rows[3][3]!, 0.5);
    }

    [Fact]
    public void Gradients_are_slopes_of_their_functions()
    {
        foreach (var (f, g) in new (Func<double, double, double>, Func<double, double, double[]>)[] { (TheOptimizer.Rosenbrock, TheOptimizer.RosenbrockGradient), (TheOptimizer.TwoMinima, TheOptimizer.TwoMinimaGradient) })
            foreach (var (x, y) in new[] { (-3.0, 5.0), (0.3, -1.2), (1, 1), (2, 4) })
            {
                const double H = 1e-5;
                Assert.Equal((f(x + H, y) - f(x - H, y)) / (2 * H), g(x, y)[0], 1e-5);
                Assert.Equal((f(x, y + H) - f(x, y - H)) / (2 * H), g(x, y)[1], 1e-5);
            }
        Assert.Equal([0, 0], TheOptimizer.RosenbrockGradient(1, 1));
        Assert.Equal([0, 0], TheOptimizer.TwoMinimaGradient(1, 4));
    }

    [Fact]
    public void Paths_on_the_valley_are_those_of_the_naive_references()
    {
        const int Steps = 3_000;
        var paths = study.RunRosenbrock(0.01, Steps);
        Assert.Equal(8, paths.Count);
        foreach (var path in paths)
        {
            var decay = double.Parse(path.Name.Split(' ')[1], CultureInfo.InvariantCulture);
            IReferenceOptimizer reference = path.Optimizer == "AdamW" ? new AdamWReference(path.LearningRate, decay, 0.999, 1e-8, 0, 2)
                : new AdEMAMixReference(new(path.LearningRate, Beta3: decay, Alpha: 9), 2);
            double[] theta = [-3, 5];
            for (var t = 1; t <= Steps; t++)
            {
                reference.Step(theta, TheOptimizer.RosenbrockGradient(theta[0], theta[1]));
                Assert.Equal(theta[0], path.Points[t][0], 1e-8);
                Assert.Equal(theta[1], path.Points[t][1], 1e-8);
            }
        }
        Assert.Contains("does not come within 0.1 of the minimum in 3,000 steps", study.RosenbrockVerdict(paths).ToString());
    }

    [Fact]
    public void Steps_by_hand_by_reference_and_by_the_optimizer_agree()
    {
        double[] gradients = [1, -0.5, 0.25, 2, 0];
        double theta = 1, m1 = 0, m2 = 0, v = 0;
        for (var t = 1; t <= 5; t++)
        {
            var g = gradients[t - 1];
            (m1, m2, v) = (0.9 * m1 + 0.1 * g, 0.9999 * m2 + 0.0001 * g, 0.999 * v + 0.001 * g * g);
            theta -= 0.001 * ((m1 / (1 - Math.Pow(0.9, t)) + 5 * m2) / (Math.Sqrt(v / (1 - Math.Pow(0.999, t))) + 1e-8) + 0.1 * theta);
        }
        var table = study.CompareSteps(gradients, 1, theta, 0.001, 0.1);
        Assert.All(table.Rows.Skip(1), row => Assert.InRange((double)row[2]!, 0, 1e-13));
    }

    [Fact]
    public void A_silent_parameter_steps_farther_by_beta3_over_the_root_of_beta2_unless_guarded()
    {
        var runs = study.RunSilence(6_000);
        var free = runs[1].Steps;
        Assert.Equal(0.9999 / Math.Sqrt(0.999), study.SilentGrowth, 1e-12);
        Assert.Equal(study.SilentGrowth, Math.Pow(free[5999] / free[3999], 1 / 2000.0), 1e-5);
        // After 1,000 steps of gradient 1: m2 = 1 - 0.9999^1000 and v = 1 - 0.999^1000, then n silent steps.
        var n = 5_000;
        var expected = 5 * (1 - Math.Pow(0.9999, 1000)) * Math.Pow(0.9999, n) / Math.Sqrt((1 - Math.Pow(0.999, 1000)) * Math.Pow(0.999, n) / (1 - Math.Pow(0.999, 1000 + n)));
        Assert.Equal(1, free[n - 1] / expected, 1e-5);
        Assert.True(runs[2].Steps.Max() < 1.5);
        Assert.True(runs[0].Steps[999] < 1e-9);
    }

    [Fact]
    public void The_heaviest_memory_crosses_the_ridge_that_adam_does_not()
    {
        var paths = study.RunTwoMinima();
        Assert.All(paths.Where(p => p.Name == "Adam 0.9"), p => Assert.Equal(-0.654, p.Points[^1][0], 1e-3));
        Assert.Equal(1, paths.Single(p => p.Optimizer == "AdEMAMix" && p.Points[0][0] == -2).Points[^1][0], 1e-3);
    }

    [Fact]
    public void Figures_and_texts_do_not_depend_on_the_culture_and_stay_small()
    {
        var culture = CultureInfo.CurrentCulture;
        try
        {
            var (paths, falls, silent) = (study.RunRosenbrock(0.01, 1_000), study.RunTwoMinima(), study.RunSilence(3_000));
            object[] Make() => [study.Weights().ToHtml(), study.NestedWeights().ToHtml(), study.Schedules(1000).ToHtml(), study.RosenbrockPaths(paths).ToHtml(), study.RosenbrockDistances(paths).ToHtml(),
                study.TwoMinimaPaths(falls).ToHtml(), study.SilentStepSizes(silent).ToHtml(), study.WeightVerdict(), study.ScheduleVerdict(), study.RosenbrockVerdict(paths), study.TwoMinimaVerdict(falls), study.SilentVerdict(silent)];
            var here = Make().Select(value => value.ToString()!).ToArray();
            CultureInfo.CurrentCulture = new CultureInfo("fr-FR");
            Assert.Equal(here, Make().Select(value => value.ToString()!));
            Assert.All(here, text => Assert.InRange(text.Length, 100, 120_000));
        }
        finally
        {
            CultureInfo.CurrentCulture = culture;
        }
    }

    [Fact]
    public void Settings_that_mean_nothing_are_refused()
    {
        Assert.Throws<ConfigException>(() => new TheOptimizer(beta1: 1));
        Assert.Throws<ConfigException>(() => new TheOptimizer(beta1: 0.99, beta3: 0.9));
        Assert.Throws<ConfigException>(() => new TheOptimizer(alpha: -1));
        Assert.Throws<ConfigException>(() => study.Schedules(1));
        Assert.Throws<ConfigException>(() => study.RunRosenbrock(0));
        Assert.Throws<ConfigException>(() => study.RunSilence(0));
        // Without a fast average the newest gradient itself takes its place.
        Assert.Equal(1 + 5 * 0.0001, new TheOptimizer(beta1: 0).MixedWeight(0), 1e-12);
        Assert.NotNull(new TheOptimizer(beta1: 0).Weights().ToSvg());
    }

    [Fact]
    public async Task The_tools_path_and_weights_are_the_librarys()
    {
        var program = new List<string>();
        foreach (var (alpha, beta1, beta3, warmup) in new[] { (0.0, 0.9, 0.999, 0), (9, 0.9, 0.999, 0), (9, 0.9, 0.9999, 1500), (3.5, 0, 0.99, 1000) })
            program.Add(string.Create(CultureInfo.InvariantCulture, $$"""{alpha:{{alpha}},beta1:{{beta1}},beta2:0.999,beta3:{{beta3}},warmup:{{warmup}},lr:0.01,steps:2000}"""));
        var script = $"{Mathematics()}\n[{string.Join(",", program)}].forEach(s => console.log(JSON.stringify({{s: s, path: rosenbrockPath(s), weights: [0,10,1000].map(a => mixWeight(s, a))}})));";
        var lines = (await Node(script)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(4, lines.Length);
        foreach (var line in lines)
        {
            var json = JsonNode.Parse(line)!;
            var s = json["s"]!.Deserialize<Dictionary<string, double>>()!;
            var ours = TensorPath.Run([-3, 5], p => TheOptimizer.RosenbrockGradient(p[0], p[1]),
                p => new AdEMAMix([p], s["lr"], s["beta1"], s["beta2"], s["beta3"], s["alpha"], (long)s["warmup"], (long)s["warmup"]), 2000);
            var theirs = json["path"]!.AsArray();
            Assert.Equal(2001, theirs.Count);
            for (var t = 0; t <= 2000; t++)
                for (var i = 0; i < 2; i++) Assert.Equal(ours[t][i], theirs[t]![i]!.GetValue<double>(), 1e-7);
            var same = new TheOptimizer(s["beta1"], s["beta2"], s["beta3"], s["alpha"]);
            Assert.Equal([same.MixedWeight(0), same.MixedWeight(10), same.MixedWeight(1000)], json["weights"]!.AsArray().Select(w => w!.GetValue<double>()), (a, b) => Math.Abs(a - b) <= 1e-14);
        }
    }

    /// <summary>The part of the tool's script that computes, as the notebook has it.</summary>
    static string Mathematics()
    {
        var notebook = JsonNode.Parse(File.ReadAllText(Path.Combine(WorkbookPaths.Find().Root, "notebooks", "01-the-optimizer.ipynb")))!;
        var cell = notebook["cells"]!.AsArray().Single(c => c!["id"]!.GetValue<string>() == "tool")!;
        var source = string.Concat(cell["source"]!.AsArray().Select(line => line!.GetValue<string>()));
        return source[source.IndexOf("// --- The mathematics", StringComparison.Ordinal)..source.IndexOf("// --- The page", StringComparison.Ordinal)];
    }

    static async Task<string> Node(string script)
    {
        if (!Environment.GetEnvironmentVariable("PATH")!.Split(':').Any(folder => File.Exists(Path.Combine(folder, "node")))) Assert.Skip("node is not installed: run environment/workbook setup");
        using var node = Process.Start(new ProcessStartInfo("node", ["-"]) { RedirectStandardInput = true, RedirectStandardOutput = true })!;
        var output = node.StandardOutput.ReadToEndAsync(TestContext.Current.CancellationToken);
        await node.StandardInput.WriteAsync(script);
        node.StandardInput.Close();
        await node.WaitForExitAsync(TestContext.Current.CancellationToken);
        Assert.Equal(0, node.ExitCode);
        return await output;
    }
}
