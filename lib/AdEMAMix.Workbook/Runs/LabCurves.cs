using System.Text.Json.Nodes;

namespace AdEMAMix.Workbook;

/// <summary>The loss curves of runs that may still be going, small: one line per run, in its optimizer's colour.</summary>
static class LabCurves
{
    const int Width = 720, Height = 300;

    // Points of all lines together, so that the picture of a large plan stays small enough to be sent twice a second.
    const int MostPoints = 1600;

    /// <summary>The validation losses so far, or the training losses where nothing was evaluated yet; null while there is nothing to see.</summary>
    public static Figure? Draw(IReadOnlyList<RunRecord> runs)
    {
        var validated = runs.Any(r => r.Points.Count(p => p.ValidationLoss is not null) > 1);
        var curves = runs.Select(r => (r.Config.Optimizer.Kind, Points: Of(r, validated))).Where(c => c.Points.Count > 1).ToList();
        if (curves.Count == 0) return null;
        var room = Math.Max(8, MostPoints / curves.Count);
        var data = new JsonArray();
        var named = new HashSet<string>();
        foreach (var (kind, points) in curves)
        {
            var kept = points.Count <= room ? points : [.. Enumerable.Range(0, room).Select(i => points[(int)((long)i * (points.Count - 1) / (room - 1))])];
            data.Add(new JsonObject
            {
                ["type"] = "scatter",
                ["mode"] = "lines",
                ["name"] = kind,
                ["showlegend"] = named.Add(kind),
                ["x"] = FigureJson.Numbers(kept.Select(p => (double)p.Tokens)),
                ["y"] = FigureJson.Numbers(kept.Select(p => p.Loss)),
                ["line"] = new JsonObject { ["color"] = FigureStyle.Faded(FigureStyle.ColorOf(kind), curves.Count > 8 ? 0.5 : 0.8), ["width"] = 1.6 },
            });
        }
        var layout = FigureStyle.BaseLayout();
        FigureStyle.SetTitle(layout, "", null);
        (layout["width"], layout["height"]) = (Width, Height);
        layout["title"]!["text"] = "";
        layout["margin"] = new JsonObject { ["l"] = 72, ["r"] = 20, ["t"] = 34, ["b"] = 56 };
        layout["xaxis"] = AxisJson(Axis.Tokens);
        layout["yaxis"] = AxisJson(Axis.Loss(validated ? "Validation loss" : "Training loss", "token"));
        return new Figure(data, layout);
    }

    static List<(long Tokens, double Loss)> Of(RunRecord run, bool validated) => validated
        ? [.. run.Points.Where(p => p.ValidationLoss is not null).Select(p => (p.Tokens, p.ValidationLoss!.Value))]
        : [.. run.Points.Select(p => (p.Tokens, p.TrainLoss))];

    static JsonObject AxisJson(Axis axis)
    {
        var json = FigureStyle.BaseAxis();
        json["title"] = FigureStyle.AxisTitle();
        json["title"]!["text"] = axis.Title;
        if (axis.TickFormat is not null) json["tickformat"] = axis.TickFormat;
        return json;
    }
}
