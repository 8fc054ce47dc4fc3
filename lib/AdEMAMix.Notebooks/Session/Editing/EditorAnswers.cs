// What a front end asks while a cell is being written: completions, documentation, whether the text is finished.
namespace AdEMAMix.Notebooks;

/// <summary>One way to go on from a place in a cell.</summary>
/// <param name="Text">What replaces the span.</param>
/// <param name="Display">What a list shows: the text, with parameters and type where it has some.</param>
/// <param name="Kind"><c>variable</c>, <c>parameter</c>, <c>field</c>, <c>constant</c>, <c>property</c>, <c>method</c>, <c>event</c>, <c>class</c>, <c>struct</c>, <c>interface</c>,
/// <c>enum</c>, <c>delegate</c>, <c>namespace</c>, <c>keyword</c>, <c>label</c>, <c>directive</c> or <c>file</c>.</param>
public sealed record CompletionItem(string Text, string Display, string Kind);

/// <summary>The ways to go on from a place in a cell.</summary>
/// <param name="Items">Best first: what starts with the written letters as they are, then in other case.</param>
/// <param name="Start">Where the replaced span starts, in UTF-16 units from the start of the cell.</param>
/// <param name="End">Where it ends.</param>
public sealed record CompletionResult(IReadOnlyList<CompletionItem> Items, int Start, int End);

/// <summary>What is known of the name at a place in a cell.</summary>
/// <param name="PlainText">Signature and documentation as text.</param>
/// <param name="Markdown">The same as Markdown, the signature as a block of C#.</param>
public sealed record Inspection(string PlainText, string Markdown)
{
    /// <summary>Both forms by mime type.</summary>
    public MimeBundle Data => new(("text/plain", PlainText), ("text/markdown", Markdown));
}

/// <summary>Whether a text can be run as it is.</summary>
public enum Completeness
{
    /// <summary>It can.</summary>
    Complete,

    /// <summary>It needs more lines.</summary>
    Incomplete,

    /// <summary>No further line will make it compile.</summary>
    Invalid,
}

/// <summary>Whether a text can be run as it is.</summary>
/// <param name="Completeness">The verdict.</param>
/// <param name="Indent">The white space that the next line should start with; empty where none is needed.</param>
public sealed record CodeStatus(Completeness Completeness, string Indent = "");
