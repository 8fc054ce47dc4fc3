using System.Globalization;
using System.Reflection;
using System.Runtime.CompilerServices;
using System.Text;

namespace Compat.Tests;

/// <summary>The public and protected surface of an assembly as a set of lines, one per fact that a caller's code can depend on.</summary>
/// <remarks>
/// Facts, not declarations: "is overridable", "derives from" and each accessor of a property are lines of their own, so that an
/// assembly that offers less than another is a subset of it. Nullable annotations of reference types are left out.
/// </remarks>
static class ApiSignatures
{
    const BindingFlags Declared = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance | BindingFlags.DeclaredOnly;
    const BindingFlags Inherited = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Static | BindingFlags.Instance | BindingFlags.FlattenHierarchy;

    /// <summary>The facts of an assembly.</summary>
    /// <param name="assembly">The assembly to read.</param>
    /// <param name="inherited">Whether each type also lists what it inherits: a mirror may override where the original inherits.</param>
    public static SortedSet<string> Of(Assembly assembly, bool inherited = false)
    {
        var facts = new SortedSet<string>(StringComparer.Ordinal);
        foreach (var type in assembly.GetTypes().Where(IsVisible)) AddType(facts, type, inherited);
        return facts;
    }

    static bool IsVisible(Type type) => type.IsNested
        ? (type.IsNestedPublic || type.IsNestedFamily || type.IsNestedFamORAssem) && IsVisible(type.DeclaringType!)
        : type.IsPublic;

    static void AddType(SortedSet<string> facts, Type type, bool inherited)
    {
        var name = Name(type);
        facts.Add($"{Kind(type)} {name}{Constraints(type.GetGenericArguments())}");
        if (typeof(MulticastDelegate).IsAssignableFrom(type.BaseType))
        {
            facts.Add($"{name}: {Method(type.GetMethod("Invoke")!)}");
            return;
        }
        if (type.IsEnum)
        {
            facts.Add($"{name} over {Name(Enum.GetUnderlyingType(type))}");
            foreach (var field in type.GetFields(BindingFlags.Public | BindingFlags.Static)) facts.Add($"{name}.{field.Name} = {Literal(field.GetRawConstantValue())}");
            return;
        }

        for (var parent = type.BaseType; parent is not null && parent != typeof(object) && parent != typeof(ValueType); parent = parent.BaseType)
            if (IsVisible(Definition(parent))) facts.Add($"{name} is {Name(parent)}");
        foreach (var contract in type.GetInterfaces())
            if (IsVisible(Definition(contract))) facts.Add($"{name} is {Name(contract)}");

        var scope = inherited ? Inherited : Declared;
        // An interface's members include those of the interfaces it extends.
        Type[] owners = inherited && type.IsInterface ? [type, .. type.GetInterfaces()] : [type];
        foreach (var constructor in type.GetConstructors(Declared & ~BindingFlags.Static))
            if (Access(constructor, type) is { } access) facts.Add($"{name}: {access} new({Parameters(constructor)})");
        foreach (var method in owners.SelectMany(owner => owner.GetMethods(scope)))
        {
            if (Access(method, type) is not { } access || (method.IsSpecialName && !method.Name.StartsWith("op_", StringComparison.Ordinal)) || method.Name.Contains('.')) continue;
            facts.Add($"{name}: {access} {Method(method)}");
            AddOverridable(facts, type, method, $"{name}: {Method(method)}");
        }
        foreach (var property in owners.SelectMany(owner => owner.GetProperties(scope)))
        {
            var index = string.Join(", ", property.GetIndexParameters().Select(Parameter));
            var written = $"{NameWithElements(property.PropertyType, property)} {(index.Length > 0 ? $"this[{index}]" : property.Name)}";
            foreach (var (accessor, verb) in new[] { (property.GetMethod, "get"), (property.SetMethod, IsInit(property.SetMethod) ? "init" : "set") })
            {
                if (accessor is null || Access(accessor, type) is not { } access) continue;
                facts.Add($"{name}: {access} {Static(accessor)}{written} {{ {verb}; }}");
                AddOverridable(facts, type, accessor, $"{name}: {written} {{ {verb}; }}");
            }
        }
        foreach (var field in owners.SelectMany(owner => owner.GetFields(scope)))
        {
            if (!(field.IsPublic || (!type.IsSealed && (field.IsFamily || field.IsFamilyOrAssembly)))) continue;
            var kind = field.IsLiteral ? "const " : field.IsStatic ? field.IsInitOnly ? "static readonly " : "static " : field.IsInitOnly ? "readonly " : "";
            facts.Add($"{name}: {(field.IsPublic ? "public" : "protected")} {kind}{NameWithElements(field.FieldType, field)} {field.Name}{(field.IsLiteral ? " = " + Literal(field.GetRawConstantValue()) : "")}");
        }
        foreach (var happening in owners.SelectMany(owner => owner.GetEvents(scope)))
            if (happening.AddMethod is { } add && Access(add, type) is { } access) facts.Add($"{name}: {access} {Static(add)}event {Name(happening.EventHandlerType!)} {happening.Name}");
    }

    static Type Definition(Type type) => type.IsGenericType ? type.GetGenericTypeDefinition() : type;

    static void AddOverridable(SortedSet<string> facts, Type type, MethodInfo method, string written)
    {
        if (!method.IsVirtual || method.IsFinal || type.IsSealed || type.IsInterface) return;
        facts.Add($"{written} is overridable");
    }

    static string Kind(Type type) =>
        type.IsEnum ? "enum"
        : type.IsInterface ? "interface"
        : type.IsValueType ? "struct"
        : typeof(MulticastDelegate).IsAssignableFrom(type.BaseType) ? "delegate"
        : type.IsAbstract && type.IsSealed ? "static class"
        : type.IsAbstract ? "abstract class"
        : type.IsSealed ? "sealed class"
        : "class";

    static string? Access(MethodBase method, Type type) =>
        method.IsPublic ? "public" : (method.IsFamily || method.IsFamilyOrAssembly) && !type.IsSealed ? "protected" : null;

    static string Static(MethodBase method) => method.IsStatic ? "static " : "";

    static bool IsInit(MethodInfo? setter) => setter?.ReturnParameter.GetRequiredCustomModifiers().Any(modifier => modifier.Name == "IsExternalInit") == true;

    static string Method(MethodInfo method)
    {
        var type = method.ReturnType.IsByRef ? "ref " + Name(method.ReturnType.GetElementType()!) : NameWithElements(method.ReturnType, method.ReturnParameter);
        var generic = method.IsGenericMethod ? $"<{string.Join(", ", method.GetGenericArguments().Select(Name))}>" : "";
        return $"{Static(method)}{type} {method.Name}{generic}({Parameters(method)}){Constraints(method.GetGenericArguments())}";
    }

    static string Parameters(MethodBase method)
    {
        var written = string.Join(", ", method.GetParameters().Select(Parameter));
        return Has(method, typeof(ExtensionAttribute)) ? "this " + written : written;
    }

    static string Parameter(ParameterInfo parameter)
    {
        var type = parameter.ParameterType;
        var mode = Has(parameter, typeof(ParamArrayAttribute)) || Has(parameter, typeof(ParamCollectionAttribute)) ? "params " : "";
        if (type.IsByRef)
        {
            mode = parameter.IsOut ? "out " : parameter.IsIn ? "in " : "ref ";
            type = type.GetElementType()!;
        }
        return $"{mode}{NameWithElements(type, parameter)} {parameter.Name}{Default(parameter)}";
    }

    static string Default(ParameterInfo parameter)
    {
        if (!parameter.HasDefaultValue) return parameter.IsOptional ? " = default" : "";
        var value = parameter.RawDefaultValue;
        var type = Nullable.GetUnderlyingType(parameter.ParameterType) ?? parameter.ParameterType;
        if (value is null) return parameter.ParameterType.IsValueType && Nullable.GetUnderlyingType(parameter.ParameterType) is null ? " = default" : " = null";
        return type.IsEnum && Enum.GetName(type, Enum.ToObject(type, value)) is { } member ? $" = {type.Name}.{member}" : " = " + Literal(value);
    }

    static string Literal(object? value) => value switch
    {
        null => "null",
        string text => "\"" + text.Replace("\\", "\\\\", StringComparison.Ordinal).Replace("\"", "\\\"", StringComparison.Ordinal).Replace("\n", "\\n", StringComparison.Ordinal) + "\"",
        bool yes => yes ? "true" : "false",
        char letter => $"'\\u{(int)letter:x4}'",
        float number => number.ToString("R", CultureInfo.InvariantCulture) + "f",
        IFormattable other => other.ToString(null, CultureInfo.InvariantCulture),
        _ => value.ToString()!,
    };

    static string Constraints(Type[] parameters)
    {
        var written = new StringBuilder();
        foreach (var parameter in parameters.Where(parameter => parameter.IsGenericParameter))
        {
            var attributes = parameter.GenericParameterAttributes;
            var isStruct = attributes.HasFlag(GenericParameterAttributes.NotNullableValueTypeConstraint);
            var constraints = new List<string>();
            if (attributes.HasFlag(GenericParameterAttributes.ReferenceTypeConstraint)) constraints.Add("class");
            if (isStruct) constraints.Add(parameter.GetCustomAttributesData().Any(data => data.AttributeType.Name == "IsUnmanagedAttribute") ? "unmanaged" : "struct");
            constraints.AddRange(parameter.GetGenericParameterConstraints().Where(constraint => constraint != typeof(ValueType)).Select(Name).Order(StringComparer.Ordinal));
            if (!isStruct && attributes.HasFlag(GenericParameterAttributes.DefaultConstructorConstraint)) constraints.Add("new()");
            if (constraints.Count > 0) written.Append(CultureInfo.InvariantCulture, $" where {parameter.Name} : {string.Join(", ", constraints)}");
        }
        return written.ToString();
    }

    static bool Has(ParameterInfo parameter, Type attribute) => parameter.GetCustomAttributesData().Any(data => data.AttributeType == attribute);

    static bool Has(MemberInfo member, Type attribute) => member.GetCustomAttributesData().Any(data => data.AttributeType == attribute);

    static string Name(Type type) => NameWithElements(type, new Queue<string?>());

    static string NameWithElements(Type type, ParameterInfo parameter) => NameWithElements(type, ElementNames(parameter.GetCustomAttributesData()));

    static string NameWithElements(Type type, MemberInfo member) => NameWithElements(type, ElementNames(member.GetCustomAttributesData()));

    static Queue<string?> ElementNames(IList<CustomAttributeData> attributes)
    {
        var data = attributes.FirstOrDefault(data => data.AttributeType == typeof(TupleElementNamesAttribute));
        return data is null ? new() : new(((IEnumerable<CustomAttributeTypedArgument>)data.ConstructorArguments[0].Value!).Select(argument => (string?)argument.Value));
    }

    /// <summary>A type as C# writes it, with its namespace; tuple elements take their names in the order in which the compiler stores them.</summary>
    static string NameWithElements(Type type, Queue<string?> elements)
    {
        if (type.IsArray) return $"{NameWithElements(type.GetElementType()!, elements)}[{new string(',', type.GetArrayRank() - 1)}]";
        if (type.IsPointer) return NameWithElements(type.GetElementType()!, elements) + "*";
        if (type.IsByRef) return NameWithElements(type.GetElementType()!, elements) + "&";
        if (type.IsGenericParameter) return type.Name;
        if (Nullable.GetUnderlyingType(type) is { } underlying) return NameWithElements(underlying, elements) + "?";
        var arguments = type.GetGenericArguments();
        if (type.IsGenericType && type.FullName?.StartsWith("System.ValueTuple`", StringComparison.Ordinal) == true && arguments.Length < 8)
        {
            var names = arguments.Select(_ => elements.TryDequeue(out var element) ? element : null).ToArray();
            return $"({string.Join(", ", arguments.Select((argument, i) => NameWithElements(argument, elements) + (names[i] is null ? "" : " " + names[i])))})";
        }

        // Arguments of the outer types of a nested type come first.
        var (parts, used) = (new List<string>(), 0);
        foreach (var level in Levels(type))
        {
            var bare = level.Name.Split('`')[0];
            var count = level.GetGenericArguments().Length;
            parts.Add(count > used ? $"{bare}<{string.Join(", ", arguments[used..count].Select(argument => NameWithElements(argument, elements)))}>" : bare);
            used = Math.Max(used, count);
        }
        var full = string.Join(".", parts);
        return Keyword(type) ?? (string.IsNullOrEmpty(type.Namespace) ? full : $"{type.Namespace}.{full}");
    }

    static IEnumerable<Type> Levels(Type type) => type.DeclaringType is { } outer ? Levels(outer).Append(type) : [type];

    static string? Keyword(Type type) => type.IsEnum || type.Namespace != "System" ? null : type.Name switch
    {
        "Void" => "void",
        "Object" => "object",
        "String" => "string",
        "Boolean" => "bool",
        "Byte" => "byte",
        "SByte" => "sbyte",
        "Int16" => "short",
        "UInt16" => "ushort",
        "Int32" => "int",
        "UInt32" => "uint",
        "Int64" => "long",
        "UInt64" => "ulong",
        "Single" => "float",
        "Double" => "double",
        "Decimal" => "decimal",
        "Char" => "char",
        _ => null,
    };
}
