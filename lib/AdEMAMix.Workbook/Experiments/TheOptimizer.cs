using System.Globalization;

namespace AdEMAMix.Workbook;

/// <summary>
/// What AdEMAMix does, without training anything: the weights of past gradients, the schedules, paths on small functions, and what
/// happens to a parameter whose gradient vanishes. Everything that steps uses the library's optimizers on tensors in double precision.
/// </summary>
public sealed partial class TheOptimizer
{
    const string Single = "AdamW";
    const string Mixed = "AdEMAMix";

    /// <summary>The experiment at some hyperparameters.</summary>
    /// <param name="beta1">Decay of the fast average.</param>
    /// <param name="beta2">Decay of the second moment.</param>
    /// <param name="beta3">Decay of the slow average.</param>
    /// <param name="alpha">Weight of the slow average.</param>
    /// <exception cref="ConfigException">A decay is not in [0, 1), alpha is negative, or beta3 is not above beta1.</exception>
    public TheOptimizer(double beta1 = 0.9, double beta2 = 0.999, double beta3 = 0.9999, double alpha = 5)
    {
        foreach (var (name, decay) in new[] { (nameof(beta1), beta1), (nameof(beta2), beta2), (nameof(beta3), beta3) })
            if (!(decay is >= 0 and < 1)) throw new ConfigException(string.Create(CultureInfo.InvariantCulture, $"{name} = {decay} is no decay: choose a number from 0 up to, but not including, 1."));
        if (!(alpha >= 0 && double.IsFinite(alpha))) throw new ConfigException(string.Create(CultureInfo.InvariantCulture, $"alpha = {alpha} is no weight of the slow average: choose a number of 0 or more."));
        if (beta3 <= beta1) throw new ConfigException(string.Create(CultureInfo.InvariantCulture, $"beta3 = {beta3} is not above beta1 = {beta1}, so the slow average would not be the slower one: choose a larger beta3."));
        (Beta1, Beta2, Beta3, Alpha) = (beta1, beta2, beta3, alpha);
    }

    /// <summary>Decay of the fast average.</summary>
    public double Beta1 { get; }

    /// <summary>Decay of the second moment.</summary>
    public double Beta2 { get; }

    /// <summary>Decay of the slow average.</summary>
    public double Beta3 { get; }

    /// <summary>Weight of the slow average.</summary>
    public double Alpha { get; }

    /// <summary>One number stepped along some gradients by the naive reference and by the optimizer, beside what a reader computed.</summary>
    /// <param name="gradients">The gradient of each step.</param>
    /// <param name="start">The number before the first step.</param>
    /// <param name="ended">Where the reader's own computation ended.</param>
    /// <param name="learningRate">eta.</param>
    /// <param name="weightDecay">lambda.</param>
    public Table CompareSteps(IReadOnlyList<double> gradients, double start, double ended, double learningRate, double weightDecay)
    {
        ArgumentNullException.ThrowIfNull(gradients);
        double[] theta = [start];
        var naive = new AdEMAMixReference(new(learningRate, Beta1, Beta2, Beta3, Alpha, WeightDecay: weightDecay), 1);
        foreach (var g in gradients) naive.Step(theta, [g]);
        var t = 0;
        var path = TensorPath.Run([start], _ => [gradients[t++]], p => new AdEMAMix([p], learningRate, Beta1, Beta2, Beta3, Alpha, weight_decay: weightDecay), gradients.Count);
        return new Table(
            ["computed by", new TableColumn($"after {gradients.Count} steps") { Format = "0.000000000000" }, new TableColumn("difference") { Format = "0.0e0" }],
            [
                ["the cell above", ended, null],
                ["AdEMAMixReference, the paper's algorithm 1 in plain C#", theta[0], Math.Abs(theta[0] - ended)],
                ["AdEMAMix, the optimizer that trains", path[^1][0], Math.Abs(path[^1][0] - ended)],
            ]);
    }

    /// <summary>With which code and on which machine this was computed.</summary>
    public static Report Provenance()
    {
        // A first tensor loads the native libraries; only then can they be asked what they are.
        using (TorchSharp.torch.zeros(1))
        {
            var here = RunEnvironment.Capture(WorkbookPaths.Find().Root);
            return new Report($"Nothing was trained: there are no run ids and no seeds, and every number above comes from the code of this commit.\n\n- commit {here.Commit}, workbook {here.Workbook}\n- {here}");
        }
    }

    /// <summary>Two paragraphs: what the paper says, and what was computed here.</summary>
    static Report Verdict(string paper, params string[] seen) => new($"**What the paper says.** {paper}", $"**What we saw.** {string.Join(" ", seen)}");

    static string Text(FormattableString text) => text.ToString(CultureInfo.InvariantCulture);
}
