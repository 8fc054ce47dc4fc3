// Small notebooks for the tests, made as a reader would: a list of cells.
using System.Globalization;
using System.Text.Json.Nodes;

namespace AdEMAMix.Notebooks.Tests;

static class Notebooks
{
    /// <summary>A C# notebook of code cells; a name starting with # makes a Markdown cell, any other non-empty name is a tag.</summary>
    public static NotebookDocument Of(params (string Tag, string Source)[] cells)
    {
        var list = new JsonArray();
        foreach (var (tag, source) in cells)
        {
            list.Add((JsonNode)(tag == "#"
                ? new JsonObject { ["cell_type"] = "markdown", ["metadata"] = new JsonObject(), ["source"] = source }
                : new JsonObject
                {
                    ["cell_type"] = "code",
                    ["execution_count"] = null,
                    ["metadata"] = tag.Length == 0 ? new JsonObject() : new JsonObject { ["tags"] = new JsonArray(tag) },
                    ["outputs"] = new JsonArray(),
                    ["source"] = source,
                }));
        }
        var kernel = new JsonObject { ["display_name"] = ".NET (C#)", ["language"] = "C#", ["name"] = ".net-csharp" };
        return NotebookDocument.Parse(new JsonObject { ["cells"] = list, ["metadata"] = new JsonObject { ["kernelspec"] = kernel }, ["nbformat"] = 4, ["nbformat_minor"] = 5 }.ToJsonString());
    }

    public static NotebookDocument Of(params string[] cells) => Of([.. cells.Select(cell => ("", cell))]);

    /// <summary>A culture with a decimal comma, also on a machine without the data of any culture.</summary>
    public static CultureInfo French { get; } = MakeFrench();

    static CultureInfo MakeFrench()
    {
        try
        {
            return CultureInfo.GetCultureInfo("fr-FR");
        }
        catch (CultureNotFoundException)
        {
            var culture = (CultureInfo)CultureInfo.InvariantCulture.Clone();
            culture.NumberFormat.NumberDecimalSeparator = ",";
            return culture;
        }
    }

    /// <summary>The text of a stream or plain output.</summary>
    public static string Text(this JsonNode? output, string mime = "text/plain") => output!["text"] is { } stream
        ? string.Concat(stream.AsArray().Select(line => line!.GetValue<string>()))
        : string.Concat(output["data"]![mime]!.AsArray().Select(line => line!.GetValue<string>()));
}
