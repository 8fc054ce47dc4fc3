// Joins the library's live values to the cell that runs, whether a front end or nobody looks on.

using System.Collections.Concurrent;
using Microsoft.DotNet.Interactive;

namespace AdEMAMix.Cli;

static class LiveValues
{
    /// <summary>What <see cref="Workbook.WorkbookDisplay.Sink"/> is set to: values appear in the running cell and are replaced there.</summary>
    internal static Action<string, object, bool> ShowInCell()
    {
        var shown = new ConcurrentDictionary<string, DisplayedValue>();
        return (id, value, update) =>
        {
            if (update && shown.TryGetValue(id, out var place)) place.Update(value);
            else if (KernelInvocationContext.Current is { } cell) shown[id] = cell.Display(value);
        };
    }
}
