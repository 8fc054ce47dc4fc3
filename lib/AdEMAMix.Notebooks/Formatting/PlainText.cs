// Values as plain text: invariant culture, objects by their public properties; whatever a value does, the text stays short and ends.
using System.Collections;
using System.Globalization;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace AdEMAMix.Notebooks;

static partial class PlainText
{
    const int DeepestLevel = 3;

    // A text beside others is for the eye: what is longer is cut, and says so.
    const int LongestPart = 500;
    const int LongestText = 5_000;

    // A text on its own may be a log or a file.
    const int LongestString = 100_000;

    /// <summary>A value as text.</summary>
    public static string Of(object? value)
    {
        if (value is string text) return Cut(text, LongestString);
        var writer = new Writer();
        writer.Append(value, 0);
        return writer.ToString();
    }

    /// <summary>A value as one short line, as a cell of a table has it; measurements to six digits, counts in full.</summary>
    public static string InTable(object? value) => value switch
    {
        null => "",
        double x => x.ToString("G6", CultureInfo.InvariantCulture),
        float x => x.ToString("G6", CultureInfo.InvariantCulture),
        string text => Cut(text, LongestPart),
        _ => Cut(Of(value), LongestPart),
    };

    /// <summary>Whether a value is one thing to a reader: a number, a date, a text.</summary>
    public static bool IsScalar(object? value) => value is null or string or IFormattable or bool or char or Type or ITuple or Delegate or Version or Uri or Task or JsonNode or JsonElement or JsonDocument
        || (value.GetType() is { IsGenericType: true } type && type.GetGenericTypeDefinition() == typeof(Lazy<>));

    /// <summary>Whether a value is a number, which a table sets to the right.</summary>
    public static bool IsNumber(object? value) => value is sbyte or byte or short or ushort or int or uint or long or ulong or Int128 or UInt128 or nint or nuint or float or double or decimal or Half;

    /// <summary>"... 12 more", or "... more" where nobody knows how many.</summary>
    public static string More(long? count) => count is { } n ? string.Create(CultureInfo.InvariantCulture, $"... {n:N0} more") : "... more";

    /// <summary>How many items a collection has beyond some, if it can say so without being walked.</summary>
    public static long? Beyond(IEnumerable items, int shown)
    {
        try
        {
            return items switch
            {
                ICollection collection => collection.Count - shown,
                _ when items.GetType().GetInterfaces().Append(items.GetType()).FirstOrDefault(t => t.IsGenericType && t.GetGenericTypeDefinition() == typeof(IReadOnlyCollection<>)) is { } counted
                    => (int)counted.GetProperty("Count")!.GetValue(items)! - shown,
                _ => null,
            };
        }
        catch (Exception)
        {
            return null;
        }
    }

    static string Cut(string text, int limit)
    {
        if (text.Length <= limit) return text;
        // Not between the two halves of a character.
        var end = char.IsHighSurrogate(text[limit - 1]) ? limit - 1 : limit;
        return string.Create(CultureInfo.InvariantCulture, $"{text.AsSpan(0, end)} ({text.Length - end:N0} characters more)");
    }

    [GeneratedRegex(@"Submission#\d+\+")]
    private static partial Regex SubmissionPrefix();

    /// <summary>Writes one value and what it holds, and remembers which objects it is inside of.</summary>
    sealed class Writer
    {
        readonly StringBuilder _text = new();
        readonly List<object> _inside = [];

        public override string ToString() => _text.Length > LongestText ? Cut(_text.ToString(), LongestText) : _text.ToString();

        public void Append(object? value, int level)
        {
            if (Scalar(value, level) is { } scalar)
            {
                _text.Append(scalar);
                return;
            }
            var name = TypeName(value!.GetType());
            if (_inside.Any(outer => ReferenceEquals(outer, value)))
            {
                _text.Append(CultureInfo.InvariantCulture, $"({(name.Length > 0 ? name : "object")} that holds this)");
                return;
            }
            if (level >= DeepestLevel || _text.Length > LongestText)
            {
                _text.Append(name.Length > 0 ? name : "{ ... }");
                return;
            }
            _inside.Add(value);
            try
            {
                if (value is ITuple tuple) AppendTuple(tuple, level);
                else if (value is IDictionary map) AppendItems(map, "{ ", " }", level);
                else if (value is IEnumerable items) AppendItems(items, "[", "]", level);
                else if (!IsTransparent(value.GetType()) || Members(value.GetType()) is not { Count: > 0 } members) _text.Append(Cut(OwnText(value), LongestText));
                else AppendMembers(value, name, members, level);
            }
            finally
            {
                _inside.RemoveAt(_inside.Count - 1);
            }
        }

        void AppendTuple(ITuple tuple, int level)
        {
            _text.Append('(');
            for (var i = 0; i < tuple.Length; i++)
            {
                if (i > 0) _text.Append(", ");
                Append(tuple[i], level + 1);
            }
            _text.Append(')');
        }

        void AppendMembers(object value, string name, IReadOnlyList<(string Name, Func<object, object?> Read)> members, int level)
        {
            _text.Append(name).Append(name.Length > 0 ? " { " : "{ ");
            for (var i = 0; i < members.Count; i++)
            {
                if (i > 0) _text.Append(", ");
                if (i == ValueFormatter.RowLimit)
                {
                    _text.Append(More(members.Count - i));
                    break;
                }
                _text.Append(members[i].Name).Append(" = ");
                Append(ReadSafely(members[i].Read, value), level + 1);
            }
            _text.Append(" }");
        }

        void AppendItems(IEnumerable items, string open, string close, int level)
        {
            _text.Append(open);
            var count = 0;
            try
            {
                // A dictionary's own enumerator gives entries, whatever its type makes of them elsewhere.
                var walk = items is IDictionary map ? map.GetEnumerator() : items.GetEnumerator();
                using var rest = walk as IDisposable;
                while (walk.MoveNext())
                {
                    var item = walk.Current;
                    if (count > 0) _text.Append(", ");
                    if (count == ValueFormatter.RowLimit || _text.Length > LongestText)
                    {
                        _text.Append(More(Beyond(items, count)));
                        break;
                    }
                    count++;
                    if (item is DictionaryEntry entry)
                    {
                        Append(entry.Key, level + 1);
                        _text.Append(": ");
                        Append(entry.Value, level + 1);
                    }
                    else Append(item, level + 1);
                }
            }
            catch (Exception e)
            {
                _text.Append(count > 0 ? ", " : "").Append(Thrown(e));
            }
            _text.Append(close);
        }

        static string? Scalar(object? value, int level)
        {
            try
            {
                return value switch
                {
                    null => "null",
                    string text => level == 0 ? text : Cut(text, LongestPart),
                    bool flag => flag ? "true" : "false",
                    DateTime time => time.ToString(time.TimeOfDay == default ? "yyyy-MM-dd" : time.Millisecond == 0 ? "yyyy-MM-dd HH:mm:ss" : "yyyy-MM-dd HH:mm:ss.fff", CultureInfo.InvariantCulture),
                    DateTimeOffset time => time.ToString("yyyy-MM-dd HH:mm:ss zzz", CultureInfo.InvariantCulture),
                    DateOnly day => day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture),
                    TimeOnly time => time.ToString("HH:mm:ss.FFF", CultureInfo.InvariantCulture),
                    TimeSpan span => span.ToString("c", CultureInfo.InvariantCulture) is var written && written.Contains('.', StringComparison.Ordinal) && written.LastIndexOf('.') > written.LastIndexOf(':') ? written.TrimEnd('0') : written,
                    JsonNode json => json.ToJsonString(new JsonSerializerOptions { WriteIndented = level == 0 }),
                    JsonDocument json => json.RootElement.GetRawText(),
                    JsonElement json => json.GetRawText(),
                    IFormattable formattable => formattable.ToString(null, CultureInfo.InvariantCulture),
                    Type type => TypeName(type),
                    Delegate => TypeName(value.GetType()),
                    // To read a result would wait for it, or start it.
                    Task task => $"{TaskName(task)}, {(task.IsCompletedSuccessfully ? "done" : task.IsFaulted ? "failed" : task.IsCanceled ? "stopped" : "running")}: await it to see more",
                    _ when value.GetType() is { IsGenericType: true } lazy && lazy.GetGenericTypeDefinition() == typeof(Lazy<>) && !(bool)lazy.GetProperty("IsValueCreated")!.GetValue(value)!
                        => $"{TypeName(lazy)}, not made yet",
                    _ => null,
                };
            }
            catch (Exception e)
            {
                return Thrown(e);
            }
        }

        static string TaskName(Task task)
        {
            // An async method's task is of a type that the compiler made.
            for (var type = task.GetType(); type is not null; type = type.BaseType)
                if (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(Task<>)) return type.GetGenericArguments()[0].Name == "VoidTaskResult" ? "Task" : TypeName(type);
            return "Task";
        }

        static string OwnText(object value)
        {
            try
            {
                return IsTransparent(value.GetType()) ? TypeName(value.GetType()) : SubmissionPrefix().Replace(value.ToString() ?? "", "");
            }
            catch (Exception e)
            {
                return $"{TypeName(value.GetType())} {Thrown(e)}";
            }
        }
    }
}
