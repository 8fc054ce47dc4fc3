// Turns the value of a cell into what a reader sees: the type's own formatters if it has some, else text and tables.
using System.Collections;
using System.Net;

namespace AdEMAMix.Notebooks;

/// <summary>Formats values. A type shows itself by an attribute named <c>TypeFormatterSourceAttribute</c>, found by its name, so that it needs no reference to an engine.</summary>
/// <remarks>Text in values is escaped, numbers are written as in English, long and endless values are cut, and a property, an item or a ToString that throws leaves the
/// name of its exception in its place.</remarks>
public static class ValueFormatter
{
    /// <summary>Rows of a collection that are shown.</summary>
    public const int RowLimit = 20;

    /// <summary>Members of an object, and columns of a table of objects, that are shown.</summary>
    public const int MemberLimit = 60;

    /// <summary>The forms of a value.</summary>
    /// <param name="value">Any value; null is shown as <c>null</c>.</param>
    /// <param name="mimeTypes">The mime types to make; none for those that the type prefers.</param>
    /// <exception cref="NotebookException">None of the asked mime types can be made of this value.</exception>
    public static MimeBundle Format(object? value, params IReadOnlyCollection<string> mimeTypes)
    {
        var bundle = value is null ? new MimeBundle(("text/plain", "null"))
            : FormatterSource.For(value.GetType())?.Format(value, mimeTypes) ?? Default(value);
        if (mimeTypes.Count == 0) return bundle;
        var asked = mimeTypes.Where(mime => bundle[mime] is not null).Select(mime => (mime, bundle[mime]!)).ToArray();
        if (asked.Length > 0) return new MimeBundle(asked);
        // Text can be shown under any name of text: display("<b>x</b>", "text/html").
        if (value is string text && mimeTypes.Count == 1) return new MimeBundle((mimeTypes.First(), text));
        throw new NotebookException($"A value of type {PlainText.TypeName(value?.GetType())} cannot be shown as {string.Join(" or ", mimeTypes)}: it offers {string.Join(", ", bundle.Mimes)}.");
    }

    static MimeBundle Default(object value) => value switch
    {
        HtmlContent html => new MimeBundle(("text/html", html.Html)),
        Exception e => OfException(e),
        _ when PlainText.IsScalar(value) => new MimeBundle(("text/plain", PlainText.Of(value))),
        _ when TensorDisplay.Of(value) is { } tensor => tensor,
        IEnumerable items => ValueTable.OfCollection(items) is { } table
            ? new MimeBundle(("text/html", ValueHtml.Of(table, value)), ("text/plain", table.ToText()))
            : new MimeBundle(("text/plain", PlainText.Of(value))),
        _ when ValueTable.OfObject(value) is { } table => new MimeBundle(("text/html", ValueHtml.Of(table, value)), ("text/plain", PlainText.Of(value))),
        _ => new MimeBundle(("text/plain", PlainText.Of(value))),
    };

    /// <summary>Type and message, those of the causes, and the frames that are not the engine's.</summary>
    static MimeBundle OfException(Exception exception)
    {
        var error = CellContext.Current?.Describe(exception) ?? CellErrors.Of(exception, new Dictionary<string, CellSource>(), Environment.CurrentDirectory);
        var lines = error.Traceback;
        var html = $"<p style=\"margin:0 0 4px\"><strong>{WebUtility.HtmlEncode(error.Name)}</strong>: {WebUtility.HtmlEncode(error.Value)}</p>";
        if (lines.Count > 1) html += $"\n<details><summary>where it came from</summary>\n{ValueHtml.Preformatted(string.Join('\n', lines.Skip(1)))}</details>";
        return new MimeBundle(("text/html", html), ("text/plain", string.Join('\n', lines)));
    }
}
