using System.Security.Cryptography;
using System.Text;
using System.Text.Encodings.Web;
using System.Text.Json;
using System.Text.Json.Serialization;
using System.Text.Json.Serialization.Metadata;

namespace AdEMAMix.Workbook;

// A configuration's JSON: strict reading, the one canonical spelling, and the id that is a hash of it.
public sealed partial record RunConfig
{
    internal static readonly JsonSerializerOptions Compact = new()
    {
        PropertyNamingPolicy = JsonNamingPolicy.CamelCase,
        DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull,
        Encoder = JavaScriptEncoder.UnsafeRelaxedJsonEscaping,
        TypeInfoResolver = new DefaultJsonTypeInfoResolver(),
    };

    static readonly JsonSerializerOptions Indented = new(Compact) { WriteIndented = true };

    /// <summary>Twelve hexadecimal characters that name the run: the start of the SHA-256 of <see cref="CanonicalJson"/>.</summary>
    [JsonIgnore]
    public string RunId => Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes(CanonicalJson)))[..12];

    /// <summary>The configuration in its one spelling: every default written out, no name, no white space.</summary>
    [JsonIgnore]
    public string CanonicalJson => JsonSerializer.Serialize(Canonical, Compact);

    /// <summary>Reads and validates a configuration file.</summary>
    /// <exception cref="ConfigException">The file is missing, is not JSON, has an unknown field or a value outside its range.</exception>
    public static RunConfig Load(string path)
    {
        string json;
        try
        {
            json = File.ReadAllText(path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ConfigException($"Cannot read the configuration '{path}': {e.Message.TrimEnd('.')}; give the path of a readable JSON file.", e);
        }
        return Parse(json, path);
    }

    /// <summary>Reads and validates a configuration.</summary>
    /// <param name="json">A JSON object; fields left out have their defaults.</param>
    /// <param name="origin">What messages call the text, for example its file.</param>
    /// <exception cref="ConfigException">The text is not JSON, has an unknown field or a value outside its range.</exception>
    public static RunConfig Parse(string json, string origin = "configuration")
    {
        ArgumentNullException.ThrowIfNull(json);
        var config = ParseUnchecked(json, origin);
        try
        {
            return config.Validate();
        }
        catch (ConfigException e)
        {
            throw new ConfigException($"{origin}: {e.Message}", e);
        }
    }

    /// <summary>The configuration as indented JSON, as a reader would edit it.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, Indented);

    /// <summary>The same run without its name and with optional hyperparameters written out, so that one run has one spelling.</summary>
    [JsonIgnore]
    internal RunConfig Canonical => this with
    {
        Name = "",
        Optimizer = Optimizer.Canonical,
        Switch = Switch?.Canonical,
        Compute = Compute?.Canonical,
    };

    static RunConfig ParseUnchecked(string json, string origin)
    {
        try
        {
            using var document = JsonDocument.Parse(json, new JsonDocumentOptions { CommentHandling = JsonCommentHandling.Skip, AllowTrailingCommas = true });
            CheckFields(document.RootElement, typeof(RunConfig), "", origin);
            return document.RootElement.Deserialize<RunConfig>(Compact)!;
        }
        catch (JsonException e)
        {
            var where = e.LineNumber is { } line ? $" at line {line + 1}" : "";
            throw new ConfigException($"{origin}: not valid JSON{where} ({FirstSentence(e.Message)}); check braces, quotes and commas there.", e);
        }
    }

    // The serializer's own messages name .NET types; these name the reader's fields.
    static void CheckFields(JsonElement element, Type type, string prefix, string origin)
    {
        var label = prefix.Length == 0 ? "the configuration" : prefix;
        if (element.ValueKind != JsonValueKind.Object)
            throw new ConfigException($"{origin}: {label} must be a JSON object in braces, not {Describe(element)}.");
        var properties = Compact.GetTypeInfo(type).Properties.Where(p => p.Set is not null).ToDictionary(p => p.Name);
        var seen = new HashSet<string>();
        foreach (var field in element.EnumerateObject())
        {
            var name = prefix.Length == 0 ? field.Name : $"{prefix}.{field.Name}";
            if (!properties.TryGetValue(field.Name, out var property))
                throw new ConfigException($"{origin}: unknown field '{name}'; the fields of {label} are {string.Join(", ", properties.Keys)}.");
            if (!seen.Add(field.Name))
                throw new ConfigException($"{origin}: field '{name}' stands twice; keep one of the two.");
            if (property.PropertyType.Namespace == typeof(RunConfig).Namespace)
            {
                if (field.Value.ValueKind == JsonValueKind.Null && property.IsSetNullable) continue;
                CheckFields(field.Value, property.PropertyType, name, origin);
                continue;
            }
            try
            {
                if (field.Value.ValueKind == JsonValueKind.Null && Nullable.GetUnderlyingType(property.PropertyType) is null && !IsOptionalText(property))
                    throw new JsonException();
                field.Value.Deserialize(property.PropertyType, Compact);
            }
            catch (JsonException e)
            {
                throw new ConfigException($"{origin}: field '{name}' must be {Describe(property.PropertyType)}, not {Describe(field.Value)}.", e);
            }
        }
    }

    static bool IsOptionalText(JsonPropertyInfo property) => property.PropertyType == typeof(string) && property.IsSetNullable;

    static string Describe(JsonElement element) => element.ValueKind switch
    {
        JsonValueKind.Object => "an object",
        JsonValueKind.Array => "a list",
        JsonValueKind.Null => "null",
        _ => element.GetRawText(),
    };

    static string Describe(Type type)
    {
        type = Nullable.GetUnderlyingType(type) ?? type;
        return type == typeof(int) ? "a whole number" : type == typeof(double) ? "a number" : type == typeof(bool) ? "true or false" : type == typeof(IReadOnlyList<int>) ? "a list of whole numbers" : type == typeof(IReadOnlyList<double>) ? "a list of numbers" : "a text in quotes";
    }

    static string FirstSentence(string message)
    {
        var end = message.IndexOf(". ", StringComparison.Ordinal);
        return (end < 0 ? message : message[..end]).TrimEnd('.');
    }
}
