// The process's console, divided: what a cell writes goes to that cell, everything else to the terminal as before.
using System.Text;

namespace AdEMAMix.Notebooks;

/// <summary>Stands in for Console.Out or Console.Error once per process and routes each write by the flow that made it.</summary>
sealed class ConsoleCapture : TextWriter
{
    static readonly Lock Gate = new();
    static bool s_installed;

    readonly string _name;
    readonly TextWriter _terminal;

    ConsoleCapture(string name, TextWriter terminal) : base(System.Globalization.CultureInfo.InvariantCulture)
    {
        _name = name;
        _terminal = terminal;
        CoreNewLine = ['\n'];
    }

    public override Encoding Encoding => Encoding.UTF8;

    public static void Install()
    {
        lock (Gate)
        {
            if (s_installed) return;
            Console.SetOut(new ConsoleCapture("stdout", Console.Out));
            Console.SetError(new ConsoleCapture("stderr", Console.Error));
            s_installed = true;
        }
    }

    public override void Write(char value) => Route([value]);

    public override void Write(string? value) => Route(value);

    public override void Write(char[] buffer, int index, int count) => Route(buffer.AsSpan(index, count));

    public override void Write(ReadOnlySpan<char> buffer) => Route(buffer);

    public override void WriteLine() => Route("\n");

    public override void WriteLine(string? value) => Route(value + "\n");

    public override void WriteLine(ReadOnlySpan<char> buffer) => Route(string.Concat(buffer, "\n"));

    public override Task WriteAsync(char value) => Done(() => Write(value));

    public override Task WriteAsync(string? value) => Done(() => Write(value));

    public override Task WriteAsync(char[] buffer, int index, int count) => Done(() => Write(buffer, index, count));

    public override Task WriteAsync(ReadOnlyMemory<char> buffer, CancellationToken cancellationToken = default) => Done(() => Write(buffer.Span));

    public override Task WriteLineAsync(string? value) => Done(() => WriteLine(value));

    public override Task WriteLineAsync() => Done(WriteLine);

    public override Task WriteLineAsync(ReadOnlyMemory<char> buffer, CancellationToken cancellationToken = default) => Done(() => WriteLine(buffer.Span));

    public override void Flush()
    {
        if (CellContext.Current is null) _terminal.Flush();
    }

    static Task Done(Action write)
    {
        write();
        return Task.CompletedTask;
    }

    void Route(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty) return;
        if (CellContext.Current is { } cell) cell.Write(_name, text);
        else _terminal.Write(text);
    }
}
