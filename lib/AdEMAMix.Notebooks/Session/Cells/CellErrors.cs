// Errors as a reader wants them: the cell's line with a caret, or the exception with the frames of cells and libraries only.
using System.Diagnostics;
using System.Reflection;
using System.Text.RegularExpressions;
using Microsoft.CodeAnalysis;

namespace AdEMAMix.Notebooks;

/// <summary>Makes error outputs from failed compilations and from exceptions.</summary>
static partial class CellErrors
{
    const int ErrorLimit = 5;
    const int FrameLimit = 20;

    /// <summary>The name of errors that the engine itself reports.</summary>
    public const string EngineError = "NotebookError";

    /// <summary>The name of the error of a cell that was stopped from outside.</summary>
    public const string Stopped = "Stopped";

    /// <summary>The name of the error of a cell that took longer than it may.</summary>
    public const string TimedOut = "TimedOut";

    /// <summary>The name of the error that a cell is left with when its process dies.</summary>
    public const string ProcessEnded = "ProcessEnded";

    /// <summary>Whether an exception is, or comes from, the stop of its cell.</summary>
    public static bool IsStop(Exception? e) => e switch
    {
        null => false,
        OperationCanceledException => true,
        AggregateException { InnerExceptions: { Count: > 0 } all } => all.All(IsStop),
        _ => IsStop(e.InnerException),
    };

    public static ErrorOutput OfStop(string cell) => new(Stopped, $"{cell} was stopped", [$"{cell} was stopped"]);

    public static ErrorOutput Of(CompilationFailure failure)
    {
        var lines = new List<string>();
        string? first = null;
        foreach (var error in failure.Errors.Take(ErrorLimit))
        {
            var span = error.Location.GetLineSpan();
            var (line, column) = (span.StartLinePosition.Line, span.StartLinePosition.Character);
            var message = error.GetMessage(System.Globalization.CultureInfo.InvariantCulture);
            var place = error.Location.IsInSource ? $"{FileName(span.Path)}, line {line + 1}, column {column + 1}: " : "";
            first ??= $"{place}{error.Id}: {message}";
            lines.Add($"{place}error {error.Id}: {message}");
            if (error.Location.SourceTree?.GetText() is not { } text || line >= text.Lines.Count) continue;
            var source = text.Lines[line].ToString().TrimEnd();
            var length = span.EndLinePosition.Line == line ? Math.Max(1, span.EndLinePosition.Character - column) : Math.Max(1, source.Length - column);
            lines.Add($"    {source.Replace('\t', ' ')}");
            lines.Add($"    {new string(' ', column)}{new string('^', length)}");
        }
        if (failure.Errors.Count > ErrorLimit) lines.Add($"({failure.Errors.Count - ErrorLimit} more errors)");
        return new ErrorOutput("CompilationError", first!, lines);
    }

    public static ErrorOutput OfEngine(string cell, string message) => new(EngineError, $"{cell}: {message}", [$"{cell}: {message}"]);

    public static ErrorOutput Of(Exception thrown, IReadOnlyDictionary<string, CellSource> sources, string directory)
    {
        var exception = Unwrap(thrown);
        var lines = new List<string>();
        string? place = null;
        for (var (e, cause) = (exception, false); e is not null; (e, cause) = (e.InnerException is { } inner ? Unwrap(inner) : null, true))
        {
            lines.Add($"{(cause ? "caused by " : "")}{PlainText.TypeName(e.GetType())}: {e.Message}");
            var (frames, where) = Frames(e, sources);
            lines.AddRange(frames);
            place ??= where;
        }
        var value = exception.Message.ReplaceLineEndings(" ").Trim();
        return new ErrorOutput(PlainText.TypeName(exception.GetType()), Scrub(place is null ? value : $"{place}: {value}", directory), [.. lines.SelectMany(line => Scrub(line, directory).Split('\n'))]);
    }

    static Exception Unwrap(Exception e) => e switch
    {
        AggregateException { InnerExceptions.Count: 1, InnerException: { } inner } => Unwrap(inner),
        TargetInvocationException { InnerException: { } inner } => Unwrap(inner),
        _ => e,
    };

    static (List<string> Lines, string? Place) Frames(Exception e, IReadOnlyDictionary<string, CellSource> sources)
    {
        var lines = new List<string>();
        string? place = null;
        var frames = new StackTrace(e, fNeedFileInfo: true).GetFrames();
        // What lies below the cell's own first frame is the host's.
        var last = Array.FindLastIndex(frames, frame => IsCell(frame.GetMethod()));
        var shown = 0;
        foreach (var frame in last >= 0 ? frames[..(last + 1)] : frames)
        {
            if (frame.GetMethod() is not { } method || IsPlumbing(method)) continue;
            if (shown++ == FrameLimit)
            {
                lines.Add("   ...");
                break;
            }
            var name = Name(method);
            if (frame.GetFileLineNumber() is var number and > 0)
            {
                var file = FileName(frame.GetFileName());
                var source = IsCell(method) ? sources.GetValueOrDefault(file) : null;
                var where = $"{file}, line {number}, column {source?.Column(number, frame.GetFileColumnNumber()) ?? frame.GetFileColumnNumber()}";
                lines.Add($"   at {(name.Length > 0 ? name + " in " : "")}{where}");
                if (source is null) continue;
                place ??= where;
                if (source.Text.Split('\n') is var text && number <= text.Length) lines.Add($"      {text[number - 1].Trim()}");
            }
            else
            {
                lines.Add($"   at {name}");
            }
        }
        return (lines, place);
    }

    static bool IsCell(MethodBase? method) => method?.DeclaringType?.Assembly.GetName().Name?.StartsWith("Submission#", StringComparison.Ordinal) == true;

    static bool IsPlumbing(MethodBase method)
    {
        if (method.DeclaringType is not { } type) return false;
        if (type.Assembly == typeof(CellErrors).Assembly) return true;
        if (method.IsDefined(typeof(StackTraceHiddenAttribute)) || type.IsDefined(typeof(StackTraceHiddenAttribute))) return true;
        return type.Assembly == typeof(object).Assembly
            && (type.Namespace is "System.Runtime.CompilerServices" or "System.Runtime.ExceptionServices" or "System.Threading" or "System.Threading.Tasks" or "System.Reflection"
                || type.Name == "ThrowHelper");
    }

    /// <summary>A method as its author wrote it; empty for a cell's own top level.</summary>
    static string Name(MethodBase method)
    {
        var type = method.DeclaringType;
        var name = method.Name;
        // Async methods and lambdas live in generated types, whose names hold the method's: <Name>d__1.MoveNext, <>c.<Name>b__0.
        while (type is not null && type.Name.StartsWith('<'))
        {
            if (GeneratedName().Match(type.Name) is { Success: true } match && name == "MoveNext") name = match.Groups[1].Value;
            type = type.DeclaringType;
        }
        var lambda = false;
        while (GeneratedName().Match(name) is { Success: true } match)
        {
            lambda |= match.Groups[2].Value == "b";
            name = match.Groups[2].Value == "g" ? LocalName().Match(name) is { Success: true } local ? local.Groups[1].Value : match.Groups[1].Value : match.Groups[1].Value;
        }
        var cell = IsCell(method);
        if (name is "Initialize" or "<Initialize>" or "<Factory>" && cell) return lambda ? "a lambda" : "";
        if (type is { IsGenericType: true } && name.Contains('`', StringComparison.Ordinal)) name = name.Split('`')[0];
        var parameters = method.Name == "MoveNext" ? "..." : string.Join(", ", method.GetParameters().Select(parameter => $"{PlainText.TypeName(parameter.ParameterType)} {parameter.Name}"));
        var owner = type is null || type.Name.StartsWith("Submission#", StringComparison.Ordinal) ? "" : cell || type.Namespace is null ? PlainText.TypeName(type) + "." : $"{type.Namespace}.{PlainText.TypeName(type)}.";
        return $"{owner}{name}({parameters}){(lambda ? " (a lambda)" : "")}";
    }

    static string FileName(string? path) => Path.GetFileName(path) ?? "";

    /// <summary>Paths of this machine, told from the notebook's folder.</summary>
    static string Scrub(string text, string directory)
    {
        text = text.Replace(directory + "/", "", StringComparison.Ordinal).Replace(directory, ".", StringComparison.Ordinal);
        if (Path.GetDirectoryName(directory) is { Length: > 4 } parent) text = text.Replace(parent + "/", "../", StringComparison.Ordinal);
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile);
        return home.Length > 1 ? text.Replace(home + "/", "~/", StringComparison.Ordinal) : text;
    }

    [GeneratedRegex(@"^<(.*)>([a-z])(?:__|\|)?")]
    private static partial Regex GeneratedName();

    [GeneratedRegex(@">g__(.+)\|")]
    private static partial Regex LocalName();
}
