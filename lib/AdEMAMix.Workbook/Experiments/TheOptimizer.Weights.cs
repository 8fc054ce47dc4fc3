using System.Globalization;

namespace AdEMAMix.Workbook;

// The weight that the numerator of an update gives to a gradient that is k steps old, long after the start: for an average with
// decay b it is (1 - b) b^k; AdEMAMix adds alpha times that of its slow average. (In Adam's first steps the bias correction
// raises all weights by one factor, which leaves the shape as it is.)
public sealed partial class TheOptimizer
{
    /// <summary>The ages whose gradients are shown, from the newest (0) on.</summary>
    const int OldestAge = 10_000;

    static readonly (int From, int To, string Name)[] ageBands = [(0, 10, "0-9"), (10, 100, "10-99"), (100, 1000, "100-999"), (1000, 10_000, "1,000-9,999"), (10_000, int.MaxValue, "older")];

    /// <summary>The weight of a gradient of some age in an exponential moving average.</summary>
    public static double EmaWeight(double beta, int age) => (1 - beta) * Math.Pow(beta, age);

    /// <summary>The weight of a gradient of some age in AdEMAMix's numerator: m1 + alpha m2.</summary>
    public double MixedWeight(int age) => EmaWeight(Beta1, age) + Alpha * EmaWeight(Beta3, age);

    /// <summary>
    /// The weight of a gradient of some age where the slow average is taken of the fast one (the nested averages that AdMeta builds
    /// on) instead of being added to it: (1 - b1)(1 - b3)(b3^(k+1) - b1^(k+1)) / (b3 - b1).
    /// </summary>
    public double NestedWeight(int age) => (1 - Beta1) * (1 - Beta3) * (Math.Pow(Beta3, age + 1) - Math.Pow(Beta1, age + 1)) / (Beta3 - Beta1);

    /// <summary>The weight given to each of the last ten thousand gradients: by the fast average, by the slow one, and by both together.</summary>
    public Figure Weights() => WeightChart(
        Text($"A gradient 1,000 steps old still counts: {MixedWeight(1000):0.0e0} of the newest's {MixedWeight(0):0.00}"),
        Text($"One EMA with {Beta1}: {Small(EmaWeight(Beta1, 1000))} after 1,000 steps; one with {Beta3}: {EmaWeight(Beta3, 0):0.0e0} for the newest. alpha = {Alpha}, computed, no runs"),
        [
            (Text($"one EMA, {Beta1}"), FigureStyle.ColorOf(Single), null, age => EmaWeight(Beta1, age), 20, "right"),
            (Text($"one EMA, {Beta3}"), FigureStyle.ColorOf(Single), "dash", age => EmaWeight(Beta3, age), 3, "left"),
            ("AdEMAMix: the sum", FigureStyle.ColorOf(Mixed), null, MixedWeight, 300, "left"),
        ]);

    /// <summary>The sum of two averages beside an average of an average.</summary>
    public Figure NestedWeights() => WeightChart(
        Text($"Nested averages give the newest gradient {Small((1 + Alpha) * NestedWeight(0))}, the sum {MixedWeight(0):0.00}"),
        Text($"Decays {Beta1} and {Beta3}; the nested average is scaled by 1 + alpha = {1 + Alpha}, so that both sum to the same. No runs"),
        [
            ("sum of EMAs (AdEMAMix)", FigureStyle.ColorOf(Mixed), null, MixedWeight, 300, "left"),
            ("nested EMAs (the idea of AdMeta)", FigureStyle.ColorOf("Lion"), null, age => (1 + Alpha) * NestedWeight(age), 4, "below"),
        ], 1e-5);

    /// <summary>How each average divides its weight over the ages of gradients.</summary>
    public Table WeightTable()
    {
        var rows = new List<(string Name, Func<int, double> Tail, Func<int, double> Weight)>();
        foreach (var beta in new[] { 0.9, 0.99, 0.999, 0.9999 }.Append(Beta1).Append(Beta3).Distinct().Order())
            rows.Add((Text($"one EMA, {beta}"), from => Math.Pow(beta, from), age => EmaWeight(beta, age)));
        rows.Add((Text($"AdEMAMix, {Beta1} and {Alpha} x {Beta3}"), MixedTail, MixedWeight));
        rows.Add((Text($"nested, {Beta1} in {Beta3}"), NestedTail, NestedWeight));
        return new Table(
            ["average", new TableColumn("newest") { Format = "0.0e0" }, .. ageBands.Select(band => new TableColumn(band.Name) { Format = "0.0%" }), new TableColumn("half below") { Format = "#,0" }],
            rows.Select(row => (IReadOnlyList<object?>)[row.Name, row.Weight(0), .. ageBands.Select(band => (object?)((row.Tail(band.From) - (band.To == int.MaxValue ? 0 : row.Tail(band.To))) / row.Tail(0))), (double)MedianAge(row.Tail)]),
            "Weight of the newest gradient; share of the whole weight by age in steps; age below which half of it lies");
    }

    /// <summary>The paper's reason for two averages, and the figures.</summary>
    public Report WeightVerdict()
    {
        var recent = (Func<Func<int, double>, double>)(tail => 1 - tail(10) / tail(0));
        double Old(Func<int, double> tail) => tail(1000) / tail(0);
        return Verdict(
            "One EMA cannot give much weight to the last gradients and, at the same time, weight that matters to gradients of thousands of steps ago; a sum of two can (sections 1 and 3).",
            Text($"The EMA of {Beta1} keeps {recent(a => Math.Pow(Beta1, a)):P0} of its weight on the last ten gradients and {Old(a => Math.Pow(Beta1, a)):0.0e0} of it on those older than 1,000 steps; the EMA of {Beta3} keeps {recent(a => Math.Pow(Beta3, a)):P2} and {Old(a => Math.Pow(Beta3, a)):P0}."),
            Text($"AdEMAMix's sum keeps {recent(MixedTail):P0} on the last ten and {Old(MixedTail):P0} on those older than 1,000: the newest gradient weighs {MixedWeight(0) / EmaWeight(Beta3, 0):#,0} times what the slow EMA alone would give it."),
            Text($"Nesting does not do that: the newest gradient gets {NestedWeight(0):0.0e0} of the weight, and the heaviest is {PeakAge()} steps old."));
    }

    /// <summary>The age whose gradient weighs most in the nested averages.</summary>
    public int PeakAge() => Enumerable.Range(0, OldestAge).MaxBy(NestedWeight);

    // All the weight of gradients of an age and older.
    double MixedTail(int from) => Math.Pow(Beta1, from) + Alpha * Math.Pow(Beta3, from);

    double NestedTail(int from) => ((1 - Beta1) * Math.Pow(Beta3, from + 1) - (1 - Beta3) * Math.Pow(Beta1, from + 1)) / (Beta3 - Beta1);

    static int MedianAge(Func<int, double> tail)
    {
        var (low, high) = (0, 1);
        while (tail(high) > tail(0) / 2) high *= 2;
        while (high - low > 1)
            if (tail((low + high) / 2) > tail(0) / 2) low = (low + high) / 2;
            else high = (low + high) / 2;
        return high;
    }

    static Figure WeightChart(string title, string subtitle, (string Name, string Color, string? Dash, Func<int, double> Weight, int LabelAge, string Anchor)[] lines, double least = 1e-8)
    {
        // Evenly spread on the logarithmic axis; the newest gradient stands at 1.
        int[] ages = [.. Enumerable.Range(0, 161).Select(i => (int)Math.Round(Math.Pow(10, i / 40.0)) - 1).Distinct()];
        return LineChart.Draw(title, subtitle,
            [("", new Axis("Age of the gradient (steps; the newest is 1)") { Logarithmic = true, Min = 1, Max = OldestAge, TickFormat = "~s" }, new Axis("Weight in the update") { Logarithmic = true, Min = least, Max = 2, TickFormat = ".0e" })],
            lines.Select(line =>
            {
                var kept = ages.Where(age => line.Weight(age) >= least).ToArray();
                var at = Array.FindIndex(kept, age => age + 1 >= line.LabelAge);
                return new ChartLine(line.Name, line.Color, [.. kept.Select(age => age + 1.0)], [.. kept.Select(line.Weight)]) { Dash = line.Dash, LabelAt = at < 0 ? kept.Length - 1 : at, LabelAnchor = line.Anchor == "right" ? "right" : "left", LabelShift = line.Anchor == "left" ? 14 : -16 };
            }));
    }

    static string Small(double value) => value < 1e-300 ? "nothing" : value.ToString("0.0e0", CultureInfo.InvariantCulture);
}
