using System.Globalization;
using System.Text.Json.Nodes;

namespace AdEMAMix.Workbook;

// The picture: how much say gradients of each age have in the next step. An average with decay b gives those of age k and older the share b^k.
public static partial class StartHere
{
    const double Fast = 0.9;
    const double Slow = 0.9999;
    const double Alpha = 5;

    static readonly int[] ages = [0, 10, 100, 1_000, 10_000];
    static readonly string[] ageNames = ["the last 10", "10 to 99", "100 to 999", "1,000 to 9,999", "longer ago"];

    /// <summary>How much say slopes of each age have in the next step: AdamW's short memory, one long memory, and AdEMAMix's two, with the paper's settings.</summary>
    public static Figure Memories()
    {
        (string Name, string Color, Func<int, double> Older)[] memories =
        [
            ("AdamW: one short memory", FigureStyle.ColorOf(OptimizerConfig.AdamW), age => Math.Pow(Fast, age)),
            ("one long memory alone", "#56B4E9", age => Math.Pow(Slow, age)),
            ("AdEMAMix: both, added", FigureStyle.ColorOf(OptimizerConfig.AdEMAMix), Mixed),
        ];
        var layout = FigureStyle.BaseLayout();
        FigureStyle.SetTitle(layout,
            string.Create(CultureInfo.InvariantCulture, $"AdEMAMix gives {Mixed(1000):0%} of the say to slopes more than 1,000 steps old, and still {1 - Mixed(10):0%} to the last ten"),
            string.Create(CultureInfo.InvariantCulture, $"Share of the next step that slopes of each age decide. AdamW: beta1 = {Fast}; AdEMAMix adds beta3 = {Slow} with weight alpha = {Alpha}. Computed, no runs"));
        layout["margin"]!["t"] = (int)layout["margin"]!["t"]! + 26;
        layout["barmode"] = "group";
        layout["bargap"] = 0.25;
        layout["xaxis"] = Axis("How many steps ago the slope was felt");
        layout["xaxis"]!["type"] = "category";
        layout["yaxis"] = Axis("Share of the say in the next step");
        layout["yaxis"]!["tickformat"] = ".0%";
        layout["legend"] = new JsonObject { ["orientation"] = "h", ["x"] = 0, ["xanchor"] = "left", ["y"] = 1.01, ["yanchor"] = "bottom", ["font"] = new JsonObject { ["size"] = FigureStyle.FontSize }, ["bgcolor"] = FigureStyle.Clear };
        return new Figure([.. memories.Select(m => new JsonObject
        {
            ["type"] = "bar",
            ["name"] = m.Name,
            ["x"] = new JsonArray([.. ageNames.Select(name => (JsonNode)name)]),
            ["y"] = FigureJson.Numbers([.. ages.Select((age, i) => m.Older(age) - (i + 1 < ages.Length ? m.Older(ages[i + 1]) : 0))]),
            ["marker"] = new JsonObject { ["color"] = m.Color },
            ["hovertemplate"] = $"<b>{m.Name}</b><br>%{{y:.1%}}<extra></extra>",
        })], layout);

        static JsonObject Axis(string title)
        {
            var axis = FigureStyle.BaseAxis();
            axis["title"] = FigureStyle.AxisTitle();
            axis["title"]!["text"] = title;
            return axis;
        }
    }

    static double Mixed(int age) => (Math.Pow(Fast, age) + Alpha * Math.Pow(Slow, age)) / (1 + Alpha);
}
