using System.Runtime.CompilerServices;
using System.Text.Json.Nodes;
using Xunit;

namespace Compat.Tests;

/// <summary>The same calls give what they give in the real packages; recorded there with --record (see lib/Compat/README.md).</summary>
public sealed class RealPackages
{
    [Fact]
    public void Charts_are_those_of_Plotly_NET()
    {
        var recorded = File.ReadLines(Fixture("plotly-net.txt")).Select(line => line.Split('\t', 2)).ToDictionary(parts => parts[0], parts => JsonNode.Parse(parts[1]));
        var ours = ChartCalls.Run().ToArray();
        Assert.Equal(recorded.Count, ours.Length);
        foreach (var (name, json) in ours) Assert.True(Same(recorded[name], JsonNode.Parse(json)), $"'{name}'\nreal {recorded[name]!.ToJsonString()}\nours {json}");
    }

    [Fact]
    public void Data_frames_are_those_of_Microsoft_Data_Analysis() =>
        Assert.Equal(File.ReadAllLines(Fixture("data-analysis.txt")), FrameCalls.Run());

    /// <summary>Prints what the calls give, for the fixtures; to be run with the real packages.</summary>
    internal static int Record(string what)
    {
        IEnumerable<string> lines = what == "charts" ? ChartCalls.Run().Select(call => $"{call.Name}\t{WithoutTemplate(call.Json)}") : FrameCalls.Run();
        foreach (var line in lines) Console.WriteLine(line);
        return 0;
    }

    // Plotly.NET adds its theme to every layout; the workbook's figures have their own.
    static string WithoutTemplate(string json)
    {
        var chart = JsonNode.Parse(json)!;
        (chart["layout"] as JsonObject)?.Remove("template");
        return chart.ToJsonString();
    }

    /// <summary>Equal whatever the order of properties and the writing of numbers (1 and 1.0).</summary>
    static bool Same(JsonNode? one, JsonNode? other) => (one, other) switch
    {
        (null, null) => true,
        (JsonObject a, JsonObject b) => a.Count == b.Count && a.All(property => b.TryGetPropertyValue(property.Key, out var value) && Same(property.Value, value)),
        (JsonArray a, JsonArray b) => a.Count == b.Count && a.Zip(b, Same).All(same => same),
        (JsonValue a, JsonValue b) when a.TryGetValue<double>(out var x) && b.TryGetValue<double>(out var y) => Math.Abs(x - y) <= 1e-12 * Math.Abs(x),
        (JsonValue a, JsonValue b) => JsonNode.DeepEquals(a, b),
        _ => false,
    };

    static string Fixture(string name, [CallerFilePath] string path = "") => Path.Combine(Path.GetDirectoryName(path)!, "..", "fixtures", "compat", name);
}
