// The text of a cell as its reader wrote it, for stack traces.
using System.Collections.Concurrent;

namespace AdEMAMix.Notebooks;

/// <summary>A cell's text and what was woven into it.</summary>
sealed class CellSource(string text)
{
    // The parts of a cell are compiled one by one and lie on lines of their own.
    readonly ConcurrentQueue<WovenEdits> _edits = new();

    public string Text { get; } = text;

    public void Add(WovenEdits edits) => _edits.Enqueue(edits);

    /// <summary>The column in this text of a place in the compiled one; both count from 1.</summary>
    public int Column(int line, int column)
    {
        foreach (var edits in _edits) column = edits.Column(line - 1, column - 1) + 1;
        return column;
    }
}
