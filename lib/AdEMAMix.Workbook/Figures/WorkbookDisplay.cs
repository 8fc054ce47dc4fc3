using System.Globalization;
using System.Reflection;

namespace AdEMAMix.Workbook;

/// <summary>Where a long-running call shows its progress: the notebook host that runs it, whichever that is.</summary>
/// <remarks>The one seam between the library and a host. The library knows no engine: a host sets <see cref="Sink"/>, and
/// .NET Interactive is found by name. Without either nothing is shown, unless plain console lines were asked for.</remarks>
public static class WorkbookDisplay
{
    static int started;

    /// <summary>Set by a host: takes an id, a value, and whether it replaces (true) what was shown under that id.</summary>
    public static Action<string, object, bool>? Sink { get; set; }

    /// <summary>Shows a value that later calls replace in place, at most twice a second.</summary>
    /// <param name="value">What to show: a <see cref="Figure"/>, <see cref="Table"/>, <see cref="Report"/> or text.</param>
    /// <param name="plainLines">Where no host listens, write the value's text to the console's error stream now and then.</param>
    public static LiveDisplay Start(object value, bool plainLines = false)
    {
        ArgumentNullException.ThrowIfNull(value);
        var id = "workbook-live-" + Interlocked.Increment(ref started).ToString(CultureInfo.InvariantCulture);
        return (Sink ?? InteractiveDisplay.Find()) is { } host ? new LiveDisplay(id, host, value, LiveDisplay.NotebookPause)
            : new LiveDisplay(id, plainLines ? WriteLine : (_, _, _) => { }, value, LiveDisplay.ConsolePause);
    }

    static void WriteLine(string id, object value, bool update) => Console.Error.WriteLine(value);
}

/// <summary>.NET Interactive's display, by name: KernelInvocationContext.Current.Display(value) and Update on what it returns.</summary>
static class InteractiveDisplay
{
    /// <summary>A display into the running cell, or null where no such engine is loaded or no cell runs.</summary>
    public static Action<string, object, bool>? Find()
    {
        // By the type's name alone: the workbook's own engine has it in another assembly.
        var engine = AppDomain.CurrentDomain.GetAssemblies().FirstOrDefault(assembly => assembly.GetType("Microsoft.DotNet.Interactive.KernelInvocationContext") is not null);
        var context = engine?.GetType("Microsoft.DotNet.Interactive.KernelInvocationContext")?.GetProperty("Current", BindingFlags.Public | BindingFlags.Static)?.GetValue(null);
        if (engine is null || context is null) return null;

        // An instance method in newer versions, an extension method in older ones; its last parameter is the mime type or types.
        var display = context.GetType().GetMethods().FirstOrDefault(method => method.Name == "Display")
            ?? engine.GetType("Microsoft.DotNet.Interactive.KernelInvocationContextExtensions")?.GetMethods().FirstOrDefault(method => method.Name == "Display");
        if (display is null) return null;

        object? shown = null;
        return (_, value, update) =>
        {
            if (update && shown?.GetType().GetMethod("Update", [typeof(object)]) is { } replace) replace.Invoke(shown, [value]);
            else shown = display.Invoke(display.IsStatic ? null : context, [.. display.IsStatic ? [context] : Array.Empty<object?>(), value, .. MimeTypes(display)]);
        };
    }

    static IEnumerable<object?> MimeTypes(MethodInfo display)
    {
        var last = display.GetParameters()[^1];
        return last.ParameterType == typeof(string[]) ? [Array.Empty<string>()] : last.ParameterType == typeof(string) ? [null] : [];
    }
}
