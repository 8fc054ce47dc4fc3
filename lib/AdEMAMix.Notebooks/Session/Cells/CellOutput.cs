// What a running cell tells its host, as data: one record per kind of output, whatever becomes of it (a file, a page, a message).
using System.Text.Json.Nodes;

namespace AdEMAMix.Notebooks;

/// <summary>One thing that a cell puts out while it runs.</summary>
public abstract record CellOutput;

/// <summary>Console text; a piece of it, as the cell wrote it.</summary>
/// <param name="Name"><c>stdout</c> or <c>stderr</c>.</param>
/// <param name="Text">The text.</param>
public sealed record StreamOutput(string Name, string Text) : CellOutput;

/// <summary>A value shown by <c>display</c>.</summary>
/// <param name="Data">Its forms by mime type.</param>
/// <param name="DisplayId">The name under which it can be updated.</param>
public sealed record DisplayOutput(MimeBundle Data, string DisplayId) : CellOutput;

/// <summary>A new form of a value that was shown before.</summary>
/// <param name="Data">Its forms by mime type.</param>
/// <param name="DisplayId">The name that it was shown under.</param>
public sealed record UpdateOutput(MimeBundle Data, string DisplayId) : CellOutput;

/// <summary>Takes away what the cell has shown so far.</summary>
/// <param name="Wait">Only when the next output comes, so that the place does not flicker.</param>
public sealed record ClearOutput(bool Wait) : CellOutput;

/// <summary>The value of the cell's last expression.</summary>
/// <param name="Data">Its forms by mime type.</param>
public sealed record ResultOutput(MimeBundle Data) : CellOutput;

/// <summary>Why the cell failed.</summary>
/// <param name="Name">The exception's type, or <c>CompilationError</c>.</param>
/// <param name="Value">One line that names the place and the problem.</param>
/// <param name="Traceback">The lines a reader sees, without machine paths and engine frames.</param>
public sealed record ErrorOutput(string Name, string Value, IReadOnlyList<string> Traceback) : CellOutput
{
    /// <summary>The error as nbformat has it.</summary>
    internal JsonObject ToJson() =>
        new() { ["ename"] = Name, ["evalue"] = Value, ["output_type"] = "error", ["traceback"] = new JsonArray([.. Traceback.Select(line => (JsonNode)JsonValue.Create(line))]) };
}

/// <summary>How a cell ended.</summary>
/// <param name="Error">Its error, or null where it succeeded.</param>
public sealed record CellResult(ErrorOutput? Error)
{
    /// <summary>Whether the cell ran to its end.</summary>
    public bool Succeeded => Error is null;
}
