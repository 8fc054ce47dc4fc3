// The functions that a C# cell finds in scope: names and signatures of .NET Interactive, so that a cell runs on either.
using AdEMAMix.Notebooks;

namespace Microsoft.DotNet.Interactive;

/// <summary>What a cell can call without saying where it comes from.</summary>
public static class Kernel
{
    /// <summary>Shows a value at this place of the cell's output.</summary>
    /// <param name="value">Any value.</param>
    /// <param name="mimeTypes">The forms to show; none for those that its type prefers.</param>
    /// <returns>What was shown, to be replaced later.</returns>
    public static DisplayedValue display(object? value, params string[] mimeTypes)
    {
        var cell = CellContext.Current ?? throw new InvalidOperationException("display is for the code of a notebook cell: none is running here.");
        return DisplayedValue.Show(cell, value, mimeTypes);
    }

    /// <summary>Marks a text as HTML.</summary>
    public static HtmlContent HTML(string content) => new(content);

    /// <summary>Shows a value at this place of the cell's output.</summary>
    public static DisplayedValue Display(this object? value, params string[] mimeTypes) => display(value, mimeTypes);

    /// <summary>Shows a text as what the mime type says.</summary>
    public static DisplayedValue DisplayAs(this string value, string mimeType) => display(value, mimeType);

    /// <summary>Takes away what the cell has shown so far. Not in .NET Interactive.</summary>
    /// <param name="wait">Only when the next output comes, so that the place does not flicker.</param>
    public static void ClearOutput(bool wait = false) => CellContext.Current?.Emit(new ClearOutput(wait));

    /// <summary>Asks the reader for a line of text, in front ends that can ask.</summary>
    /// <param name="prompt">The question.</param>
    public static Task<string> GetInputAsync(string prompt = "") => CellInput.AskAsync(prompt, secret: false);

    /// <summary>Asks the reader for a text that is not shown, in front ends that can ask.</summary>
    /// <param name="prompt">The question.</param>
    public static Task<string> GetPasswordAsync(string prompt = "") => CellInput.AskAsync(prompt, secret: true);
}
