// A value on the page that can be replaced by another.
using AdEMAMix.Notebooks;

namespace Microsoft.DotNet.Interactive;

/// <summary>A value that was shown.</summary>
public sealed class DisplayedValue
{
    readonly CellContext _cell;
    readonly string[] _mimeTypes;

    DisplayedValue(CellContext cell, string[] mimeTypes)
    {
        _cell = cell;
        _mimeTypes = mimeTypes;
        DisplayId = cell.NextDisplayId();
    }

    /// <summary>The name of the place on the page.</summary>
    public string DisplayId { get; }

    /// <summary>Shows another value at the same place.</summary>
    public void Update(object? updatedValue) => _cell.Emit(new UpdateOutput(ValueFormatter.Format(updatedValue, _mimeTypes), DisplayId));

    internal static DisplayedValue Show(CellContext cell, object? value, string[] mimeTypes)
    {
        var displayed = new DisplayedValue(cell, mimeTypes);
        cell.Emit(new DisplayOutput(ValueFormatter.Format(value, mimeTypes), displayed.DisplayId));
        return displayed;
    }
}
