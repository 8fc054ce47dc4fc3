// Values as plain text: invariant culture, collections cut, objects by their public properties.
using System.Collections;
using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;
using System.Text.RegularExpressions;

namespace AdEMAMix.Notebooks;

static partial class PlainText
{
    const int DeepestLevel = 3;

    public static string Of(object? value) => Of(value, 0);

    /// <summary>Whether a value is one thing to a reader: a number, a date, a text.</summary>
    public static bool IsScalar(object? value) => value is null or string or IFormattable or bool or char or Type or ITuple or Delegate or Version or Uri;

    /// <summary>The public properties (of tuples and such: fields) that stand for an object, in the order they are declared.</summary>
    public static IReadOnlyList<(string Name, Func<object, object?> Read)> Members(Type type)
    {
        if (typeof(ITuple).IsAssignableFrom(type)) return [];
        var members = new List<(string, Func<object, object?>)>();
        foreach (var property in type.GetProperties(BindingFlags.Public | BindingFlags.Instance))
            if (property.CanRead && property.GetIndexParameters().Length == 0 && property.GetMethod is { IsPublic: true } && !property.PropertyType.IsByRefLike && !property.PropertyType.IsPointer)
                members.Add((property.Name, property.GetValue));
        foreach (var field in type.GetFields(BindingFlags.Public | BindingFlags.Instance))
            if (!field.FieldType.IsPointer) members.Add((field.Name, field.GetValue));
        return members;
    }

    /// <summary>Whether a type's public members say more than its ToString: records, anonymous types and plain classes that did not write one.</summary>
    public static bool IsTransparent(Type type) =>
        (type.IsGenericType && type.GetGenericTypeDefinition() == typeof(KeyValuePair<,>))
        || type.GetMethod("ToString", Type.EmptyTypes) is not { } method
        || method.DeclaringType == typeof(object) || method.DeclaringType == typeof(ValueType)
        || method.IsDefined(typeof(CompilerGeneratedAttribute)) || type.IsDefined(typeof(CompilerGeneratedAttribute));

    /// <summary>A member's value, or the name of the exception that reading it threw.</summary>
    public static object? ReadSafely(Func<object, object?> read, object target)
    {
        try
        {
            return read(target);
        }
        catch (Exception e)
        {
            return $"({(e is TargetInvocationException { InnerException: { } inner } ? inner : e).GetType().Name})";
        }
    }

    /// <summary>A type's name as C# writes it, without namespaces and without the wrapping class of a script cell.</summary>
    public static string TypeName(Type? type)
    {
        if (type is null) return "null";
        if (type.IsArray) return $"{TypeName(type.GetElementType())}[{new string(',', type.GetArrayRank() - 1)}]";
        if (Nullable.GetUnderlyingType(type) is { } inner) return TypeName(inner) + "?";
        if (type.Name.StartsWith("<>f__AnonymousType", StringComparison.Ordinal)) return "";
        var name = Alias(type) ?? type.Name.Split('`')[0];
        if (!type.IsGenericType) return name;
        return $"{name}<{string.Join(", ", type.GetGenericArguments().Select(TypeName))}>";
    }

    static string? Alias(Type type) => type.IsEnum ? null : Type.GetTypeCode(type) switch
    {
        TypeCode.Boolean => "bool",
        TypeCode.Byte => "byte",
        TypeCode.Char => "char",
        TypeCode.Decimal => "decimal",
        TypeCode.Double => "double",
        TypeCode.Int16 => "short",
        TypeCode.Int32 => "int",
        TypeCode.Int64 => "long",
        TypeCode.Single => "float",
        TypeCode.String => "string",
        TypeCode.UInt32 => "uint",
        TypeCode.UInt64 => "ulong",
        _ => type == typeof(object) ? "object" : null,
    };

    static string Of(object? value, int level)
    {
        switch (value)
        {
            case null: return "null";
            case string text: return text;
            case bool flag: return flag ? "true" : "false";
            case ITuple tuple: return $"({string.Join(", ", Enumerable.Range(0, tuple.Length).Select(i => Of(tuple[i], level + 1)))})";
            case DateTime time: return time.ToString("yyyy-MM-dd HH:mm:ss", CultureInfo.InvariantCulture);
            case IFormattable formattable: return formattable.ToString(null, CultureInfo.InvariantCulture);
            case Type type: return TypeName(type);
            case Delegate: return TypeName(value.GetType());
        }
        if (level >= DeepestLevel) return TypeName(value.GetType());
        if (value is IDictionary map)
            return Cut(map.Cast<object>().Select(item => item is DictionaryEntry entry ? $"{Of(entry.Key, level + 1)}: {Of(entry.Value, level + 1)}" : Of(item, level + 1)), "{ ", " }");
        if (value is IEnumerable items) return Cut(items.Cast<object?>().Select(item => Of(item, level + 1)), "[", "]");
        if (!IsTransparent(value.GetType())) return SubmissionPrefix().Replace(value.ToString() ?? "", "");
        var members = Members(value.GetType());
        if (members.Count == 0) return TypeName(value.GetType());
        var name = TypeName(value.GetType());
        var listed = string.Join(", ", members.Take(ValueFormatter.RowLimit).Select(member => $"{member.Name} = {Of(ReadSafely(member.Read, value), level + 1)}"));
        return $"{name}{(name.Length > 0 ? " " : "")}{{ {listed}{(members.Count > ValueFormatter.RowLimit ? ", ..." : "")} }}";
    }

    static string Cut(IEnumerable<string> items, string open, string close)
    {
        var text = new StringBuilder(open);
        var count = 0;
        foreach (var item in items)
        {
            if (count == ValueFormatter.RowLimit)
            {
                text.Append(", ...");
                break;
            }
            if (count++ > 0) text.Append(", ");
            text.Append(item);
        }
        return text.Append(close).ToString();
    }

    [GeneratedRegex(@"Submission#\d+\+")]
    private static partial Regex SubmissionPrefix();
}
