using System.Collections;
using System.Globalization;
using System.Text.Json;
using Plotly.NET.CSharp;

namespace Plotly.NET;

/// <summary>What a style parameter is called in plotly.js.</summary>
interface IPlotlyValue
{
    object Value { get; }
}

/// <summary>An object of a figure's JSON: properties in the order in which they were set. Collections are read when it is written.</summary>
sealed class PlotlyObject
{
    readonly List<KeyValuePair<string, object?>> properties = [];

    /// <summary>Sets a property, replacing its value where it stands.</summary>
    public PlotlyObject With(string name, object? value)
    {
        var at = properties.FindIndex(property => property.Key == name);
        if (at < 0) properties.Add(new(name, value));
        else properties[at] = new(name, value);
        return this;
    }

    /// <summary>Sets a property where the caller gave a value.</summary>
    public PlotlyObject Set<T>(string name, Optional<T> value) => value.IsSome ? With(name, value.Value) : this;

    public PlotlyObject? Get(string name) => properties.FirstOrDefault(property => property.Key == name).Value as PlotlyObject;

    public void RemoveWhere(Predicate<string> names) => properties.RemoveAll(property => names(property.Key));

    /// <summary>Puts items before those of a list; the list exists afterwards even where there was nothing to add.</summary>
    public void Prepend(string name, IEnumerable<PlotlyObject> items) => With(name, items.Concat(List(name)).ToArray());

    /// <summary>Takes over another object's properties: objects are merged, the lists that are named appended, all else replaced.</summary>
    public void Combine(PlotlyObject other, params string[] lists)
    {
        foreach (var (name, value) in other.properties)
        {
            if (value is PlotlyObject inner && Get(name) is { } known) known.Combine(inner);
            else if (lists.Contains(name) && value is IEnumerable<PlotlyObject> items) With(name, List(name).Concat(items).ToArray());
            else With(name, value);
        }
    }

    IEnumerable<PlotlyObject> List(string name) => properties.FirstOrDefault(property => property.Key == name).Value as IEnumerable<PlotlyObject> ?? [];

    public void Write(Utf8JsonWriter writer)
    {
        writer.WriteStartObject();
        foreach (var (name, value) in properties)
        {
            writer.WritePropertyName(name);
            Write(writer, value);
        }
        writer.WriteEndObject();
    }

    static void Write(Utf8JsonWriter writer, object? value)
    {
        switch (value)
        {
            case null: writer.WriteNullValue(); break;
            case PlotlyObject inner: inner.Write(writer); break;
            case IPlotlyValue named: Write(writer, named.Value); break;
            case string text: writer.WriteStringValue(text); break;
            case bool flag: writer.WriteBooleanValue(flag); break;
            // plotly.js reads these words as gaps; JSON has no such numbers.
            case double number when !double.IsFinite(number): writer.WriteStringValue(Word(number)); break;
            case float number when !float.IsFinite(number): writer.WriteStringValue(Word(number)); break;
            case double number: writer.WriteNumberValue(number); break;
            case float number: writer.WriteNumberValue(number); break;
            case decimal number: writer.WriteNumberValue(number); break;
            case DateTime date: writer.WriteStringValue(date.ToString("yyyy-MM-dd'T'HH:mm:ss.FFFFFFFK", CultureInfo.InvariantCulture)); break;
            case IEnumerable items:
                writer.WriteStartArray();
                foreach (var item in items) Write(writer, item);
                writer.WriteEndArray();
                break;
            case IConvertible whole when whole.GetTypeCode() is >= TypeCode.SByte and <= TypeCode.UInt64: writer.WriteRawValue(whole.ToString(CultureInfo.InvariantCulture)); break;
            default: writer.WriteStringValue(Convert.ToString(value, CultureInfo.InvariantCulture)); break;
        }
    }

    static string Word(double number) => double.IsNaN(number) ? "NaN" : number > 0 ? "Infinity" : "-Infinity";
}
