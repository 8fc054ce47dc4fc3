// One line of the parity table.
using System.Text.Json;
using System.Text.Json.Serialization;

namespace AdEMAMix;

/// <summary>How far one implementation strays from the reference, over all cases.</summary>
/// <param name="Implementation">The class.</param>
/// <param name="Device">cpu or cuda.</param>
/// <param name="Dtype">The parameters' element type.</param>
/// <param name="Mode">
/// "kernel" (one pass over memory), "operators" (tensor operators) or "reference"; followed by what was compared with, where
/// that is not the golden file.
/// </param>
/// <param name="Cases">How many recorded runs were replayed.</param>
/// <param name="MaxRelativeError">The largest of max|x - reference| / max|reference| over tensors, parameters and moments alike.</param>
public sealed record ParityRow(
    [property: JsonPropertyName("implementation")] string Implementation,
    [property: JsonPropertyName("device")] string Device,
    [property: JsonPropertyName("dtype")] string Dtype,
    [property: JsonPropertyName("mode")] string Mode,
    [property: JsonPropertyName("cases")] int Cases,
    [property: JsonPropertyName("max_relative_error")] double MaxRelativeError)
{
    static readonly JsonSerializerOptions Format = new() { WriteIndented = true, NumberHandling = JsonNumberHandling.AllowNamedFloatingPointLiterals };

    /// <summary>The largest error that counts as agreement in this row's arithmetic.</summary>
    [JsonIgnore]
    public double Limit { get; init; } = Dtype == "float64" ? 1e-12 : 2e-6;

    /// <summary>The table as a JSON array.</summary>
    public static string ToJson(IEnumerable<ParityRow> rows) => JsonSerializer.Serialize(rows, Format);
}
