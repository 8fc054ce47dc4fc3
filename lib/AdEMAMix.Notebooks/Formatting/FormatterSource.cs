// The reference-free formatting hook of .NET Interactive: attribute, source and formatters are known by name and shape only.
using System.Collections;
using System.Collections.Concurrent;
using System.Globalization;
using System.Reflection;

namespace AdEMAMix.Notebooks;

/// <summary>The formatters that one type brings along, in the order in which it prefers them.</summary>
sealed class FormatterSource
{
    const BindingFlags Any = BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.Instance;
    static readonly ConcurrentDictionary<Type, FormatterSource?> Known = new();

    readonly List<(string Mime, Func<object, TextWriter, bool> Format)> _formatters = [];
    readonly string[] _preferred;

    FormatterSource(Type type, object attribute)
    {
        var sourceType = Read<Type>(attribute, "FormatterSourceType")
            ?? throw Broken(type, "its TypeFormatterSource attribute names no FormatterSourceType");
        _preferred = Read<string[]>(attribute, "PreferredMimeTypes") ?? [];
        var source = Activator.CreateInstance(sourceType, nonPublic: true)!;
        var create = sourceType.GetMethod("CreateTypeFormatters", Any, Type.EmptyTypes)
            ?? throw Broken(type, $"{sourceType.Name} has no method CreateTypeFormatters()");
        foreach (var formatter in create.Invoke(source, null) as IEnumerable ?? Array.Empty<object>())
        {
            var format = formatter.GetType().GetMethod("Format", Any, [typeof(object), typeof(TextWriter)])
                ?? throw Broken(type, $"{formatter.GetType().Name} has no method Format(object, TextWriter)");
            var mime = Read<string>(formatter, "MimeType") ?? throw Broken(type, $"{formatter.GetType().Name} has no MimeType");
            _formatters.Add((mime, format.ReturnType == typeof(bool)
                ? format.CreateDelegate<Func<object, TextWriter, bool>>(formatter)
                : Always(format.CreateDelegate<Action<object, TextWriter>>(formatter))));
        }
    }

    public static FormatterSource? For(Type type) => Known.GetOrAdd(type, static type =>
    {
        var attribute = Lineage(type).SelectMany(t => t.GetCustomAttributes(inherit: false)).FirstOrDefault(a => a.GetType().Name == "TypeFormatterSourceAttribute");
        return attribute is null ? null : new FormatterSource(type, attribute);
    });

    /// <summary>The forms asked for, or the preferred ones, or all; null where no formatter took the value.</summary>
    public MimeBundle? Format(object value, IReadOnlyCollection<string> mimeTypes)
    {
        var wanted = mimeTypes.Count > 0 ? mimeTypes : _preferred;
        var chosen = _formatters.Where(f => wanted.Contains(f.Mime)).ToList();
        if (chosen.Count == 0) chosen = _formatters;
        var forms = new List<(string, string)>();
        foreach (var (mime, format) in chosen)
        {
            using var writer = new StringWriter(CultureInfo.InvariantCulture);
            if (format(value, writer)) forms.Add((mime, writer.ToString()));
        }
        return forms.Count == 0 ? null : new MimeBundle([.. forms]);
    }

    static Func<object, TextWriter, bool> Always(Action<object, TextWriter> format) => (value, writer) =>
    {
        format(value, writer);
        return true;
    };

    static IEnumerable<Type> Lineage(Type type)
    {
        for (var t = type; t is not null; t = t.BaseType) yield return t;
        foreach (var contract in type.GetInterfaces()) yield return contract;
    }

    static T? Read<T>(object target, string property) where T : class => target.GetType().GetProperty(property, Any)?.GetValue(target) as T;

    static NotebookException Broken(Type type, string problem) => new($"The type {type.Name} cannot show itself because {problem}: mend its formatter source.");
}
