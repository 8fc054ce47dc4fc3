using System.Globalization;

namespace AdEMAMix.Workbook;

// How the optimizer's step grows with parameters and with tensors, and what the modes take of memory.
public sealed partial class Cost
{
    /// <summary>Time of the optimizer's step alone: against parameters in ten tensors, and against the number of tensors at a million parameters.</summary>
    public Figure Growth(CostRecord? record)
    {
        if (record is null) return NotMeasured("Time of the optimizer's step by parameters and by tensors", "ms a step");
        (string Optimizer, string States, string? Dash)[] lines =
        [
            (OptimizerConfig.AdamW, "fp32", null),
            (OptimizerConfig.AdEMAMix, "fp32", null),
            (StepBenchmark.WithoutFastAverage, "fp32", null),
            (OptimizerConfig.AdEMAMix, "8-bit", "dash"),
            (OptimizerConfig.AdEMAMix, "operators", "dot"),
        ];
        var drawn = new List<ChartLine>();
        foreach (var (optimizer, states, dash) in lines)
        {
            var own = record.Updates.Where(u => u.Optimizer == optimizer && u.States == states).ToList();
            Add(own.Where(u => u.Tensors == CostSettings.FewTensors).OrderBy(u => u.Parameters), u => u.Parameters, 0);
            Add(own.Where(u => u.Parameters == CostSettings.ManyParameters).OrderBy(u => u.Tensors), u => u.Tensors, 1);

            void Add(IEnumerable<UpdateBenchmark> points, Func<UpdateBenchmark, double> x, int panel)
            {
                var all = points.ToList();
                if (all.Count == 0) return;
                drawn.Add(new ChartLine(panel == 0 ? $"{optimizer}, {states}" : "", FigureStyle.ColorOf(optimizer), [.. all.Select(x)], [.. all.Select(u => u.MsPerStep)]) { Dash = dash, Panel = panel, Dot = all.Count == 1 ? 9 : null });
            }
        }
        var largest = Largest(record).FirstOrDefault(u => u is { Optimizer: OptimizerConfig.AdEMAMix, States: "fp32" });
        return LineChart.Draw(
            largest is null ? "Time of the optimizer's step alone" : string.Create(CultureInfo.InvariantCulture, $"AdEMAMix's update of {largest.Parameters / 1e6:0.#}M parameters takes {largest.MsPerStep:0.0} ms, {largest.RatioToAdamW:0.00} times AdamW's"),
            $"{Subtitle(record)}; medians over blocks",
            [
                (string.Create(CultureInfo.InvariantCulture, $"parameters, in {CostSettings.FewTensors} tensors"), new Axis("Parameters") { Logarithmic = true, TickFormat = "~s" }, new Axis("Time of a step (ms)") { Logarithmic = true }),
                ("tensors, of 1M parameters in all", new Axis("Tensors") { Logarithmic = true, TickFormat = "~s" }, new Axis("") { Logarithmic = true }),
            ], drawn);
    }

    /// <summary>What weights, gradients and moments take in every mode: exact, of the models measured here and of the paper's.</summary>
    public static Table Memory()
    {
        var paths = WorkbookPaths.Find();
        List<(string Name, RunConfig Shape)> models = [.. CostSettings.Of(Preset.Desk).Sizes, .. PaperModel.All.Select(model => ($"the paper's {model.Name}", model.Config()))];
        return Table.Of(
            from model in models
            from side in StepBenchmark.Optimizers
            select (model.Name, Side: side.Name, Estimates: formats.Select(format => RunEstimate.Of(model.Shape with { Optimizer = side.Optimizer with { StateFormat = format } }, paths)).ToList()),
            "Memory by mode, computed: weights and gradients in float; moments as stored, with their scales",
            ("model", r => r.Name),
            ("optimizer", r => r.Side),
            (new TableColumn("parameters") { Format = "N0" }, r => r.Estimates[0].Parameters),
            ("weights and gradients", r => RunEstimate.Text(r.Estimates[0].WeightBytes + r.Estimates[0].GradientBytes)),
            ("moments fp32", r => RunEstimate.Text(r.Estimates[0].StateBytes)),
            ("bf16", r => RunEstimate.Text(r.Estimates[1].StateBytes)),
            ("8-bit", r => RunEstimate.Text(r.Estimates[2].StateBytes)),
            (new TableColumn("bytes a parameter, fp32") { Format = "0.00" }, r => PerParameter(r.Estimates[0])),
            (new TableColumn("bf16 ") { Format = "0.00" }, r => PerParameter(r.Estimates[1])),
            (new TableColumn("8-bit ") { Format = "0.00" }, r => PerParameter(r.Estimates[2])));

        static double PerParameter(RunEstimate estimate) => (double)estimate.StateBytes / estimate.Parameters;
    }
}
