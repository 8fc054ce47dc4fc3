using System.Text.Json.Nodes;

namespace AdEMAMix.Workbook;

/// <summary>Two runs side by side: the fields of their configurations that differ, and both results.</summary>
public static class RunComparison
{
    /// <summary>A row per field that differs and per result.</summary>
    public static Table Of(RunRecord left, RunRecord right)
    {
        ArgumentNullException.ThrowIfNull(left);
        ArgumentNullException.ThrowIfNull(right);
        var (a, b) = (Fields(left.Config.Canonical), Fields(right.Config.Canonical));
        var rows = a.Keys.Union(b.Keys).Where(k => a.GetValueOrDefault(k) != b.GetValueOrDefault(k))
            .Select(k => (object?[])[k, a.GetValueOrDefault(k), b.GetValueOrDefault(k)]).ToList();
        var differences = rows.Count;
        void Result(string name, Func<RunRecord, string?> value)
        {
            if ((value(left), value(right)) is not (null, null)) rows.Add([name, value(left), value(right)]);
        }
        Result("state", RunPlan.StateOf);
        Result("validation loss", r => Number(r.Result?.ValidationLoss, "0.0000"));
        Result("training loss", r => Number(r.Result?.TrainLoss, "0.0000"));
        Result("seconds", r => Number(r.Result?.Seconds, "0.0"));
        Result("tokens per second", r => Number(r.Result?.TokensPerSecond, "0"));
        Result("parameters SHA-256", r => r.Result?.ParametersSha256[..12]);
        Result("commit", r => r.Environment?.Commit);
        Result("processor", r => r.Environment?.Cpu);
        Result("BLAS", r => r.Environment?.Blas);
        return new Table(["field", left.Id, right.Id], rows, differences == 0 ? "The configurations are equal" : $"{differences} field{(differences == 1 ? "" : "s")} of the configurations differ");
    }

    static string? Number(double? value, string format) => value?.ToString(format, System.Globalization.CultureInfo.InvariantCulture);

    static Dictionary<string, string?> Fields(RunConfig config)
    {
        var fields = new Dictionary<string, string?>();
        Flatten(JsonNode.Parse(config.CanonicalJson)!.AsObject(), "");
        return fields;

        void Flatten(JsonObject node, string prefix)
        {
            foreach (var (name, value) in node)
                if (value is JsonObject inner) Flatten(inner, $"{prefix}{name}.");
                else fields[prefix + name] = value?.ToString();
        }
    }
}
