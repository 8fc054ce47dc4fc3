// Console.ReadLine in a cell: a question to the reader, in the front end that runs the cell.
namespace AdEMAMix.Notebooks;

/// <summary>Asks the reader: the text of the question, whether the answer is secret, and the cell's stop signal.</summary>
delegate Task<string> AskReader(string prompt, bool secret, CancellationToken cancellation);

/// <summary>Stands in for Console.In: inside a cell it asks the front end, elsewhere it is empty.</summary>
sealed class CellInput : TextReader
{
    static readonly AsyncLocal<(AskReader Ask, CancellationToken Stop)?> Flow = new();
    string _line = "";

    /// <summary>Makes <paramref name="ask"/> what the calling flow's reads ask.</summary>
    public static void Enter(AskReader ask, CancellationToken stop) => Flow.Value = (ask, stop);

    /// <summary>Asks from a cell; fails where no front end listens.</summary>
    public static Task<string> AskAsync(string prompt, bool secret) => Flow.Value is { } cell ? cell.Ask(prompt, secret, cell.Stop)
        : throw new InvalidOperationException("There is nobody to ask: input is for a cell that a front end runs.");

    public override string? ReadLine()
    {
        if (Flow.Value is null) return null;
        if (_line.Length > 0)
        {
            var rest = _line.TrimEnd('\n');
            _line = "";
            return rest;
        }
        return AskAsync("", secret: false).GetAwaiter().GetResult();
    }

    public override Task<string?> ReadLineAsync() => Flow.Value is null ? Task.FromResult<string?>(null) : Task.Run(ReadLine);

    public override ValueTask<string?> ReadLineAsync(CancellationToken cancellationToken) => new(ReadLineAsync().WaitAsync(cancellationToken));

    public override int Peek() => _line.Length > 0 ? _line[0] : -1;

    public override int Read()
    {
        if (Flow.Value is null) return -1;
        if (_line.Length == 0) _line = AskAsync("", secret: false).GetAwaiter().GetResult() + "\n";
        var next = _line[0];
        _line = _line[1..];
        return next;
    }
}
