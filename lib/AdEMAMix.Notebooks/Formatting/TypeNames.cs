// Types as C# writes them, and the members of an object that stand for it.
using System.Reflection;
using System.Runtime.CompilerServices;

namespace AdEMAMix.Notebooks;

static partial class PlainText
{
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
            return Thrown(e);
        }
    }

    /// <summary>What stands in the place of a value that could not be read.</summary>
    public static string Thrown(Exception e) => $"({(e is TargetInvocationException { InnerException: { } inner } ? inner : e).GetType().Name})";

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
}
