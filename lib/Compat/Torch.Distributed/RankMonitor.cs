// Who is alive. Gloo only says that some connection closed; so every rank keeps a line to rank 0, over which each tells how many
// collectives it has begun and when it leaves, and rank 0 tells everybody the one verdict when somebody is gone or late.

using System.Diagnostics;
using System.Net.Sockets;
using System.Text;

namespace TorchSharp.Distributed;

/// <summary>Why the group is at its end, in one sentence, the same on every rank.</summary>
sealed record Verdict(string Sentence, IReadOnlyList<int> Ranks)
{
    public override string ToString() => $"{string.Join(',', Ranks)}|{Sentence}";

    public static Verdict Parse(string text)
    {
        var cut = text.IndexOf('|', StringComparison.Ordinal);
        return new(text[(cut + 1)..], [.. text[..cut].Split(',', StringSplitOptions.RemoveEmptyEntries).Select(int.Parse)]);
    }
}

/// <summary>One end of the lines between the ranks; a thread of its own reads them.</summary>
abstract class RankMonitor : IDisposable
{
    readonly object _gate = new();
    readonly Dictionary<int, long> _left = [];
    readonly Thread _thread;
    volatile bool _stopping;
    Verdict? _verdict;
    long _begun;

    protected RankMonitor(int rank, int size, TimeSpan timeout)
    {
        Rank = rank;
        Size = size;
        Timeout = timeout;
        Beat = TimeSpan.FromTicks(Math.Clamp(timeout.Ticks / 20, TimeSpan.TicksPerMillisecond * 50, TimeSpan.TicksPerSecond * 5));
        _thread = new Thread(Run) { IsBackground = true, Name = "ranks" };
    }

    protected int Rank { get; }
    protected int Size { get; }
    protected TimeSpan Timeout { get; }

    /// <summary>How often a sign of life is given.</summary>
    protected TimeSpan Beat { get; }

    /// <summary>How long a verdict may take to come from a busy rank 0.</summary>
    public static TimeSpan Grace => TimeSpan.FromSeconds(5);

    /// <summary>The collectives that this rank has begun.</summary>
    public long Begun { get => Interlocked.Read(ref _begun); set => Interlocked.Exchange(ref _begun, value); }

    public Verdict? Verdict { get { lock (_gate) return _verdict; } }

    /// <summary>Names this process for the others.</summary>
    public static string Who => FormattableString.Invariant($"process {Environment.ProcessId} on {Environment.MachineName}");

    /// <summary>Says that this rank takes no part in what comes.</summary>
    public abstract void SayBye();

    /// <summary>Whether all ranks have left.</summary>
    public abstract bool AllLeft { get; }

    /// <summary>Asks for a verdict about a collective, or the forming of the group, that took too long.</summary>
    public abstract void ReportLate(long number, string what);

    /// <summary>A rank that left before it began that collective, or -1.</summary>
    public int LeftBefore(long number)
    {
        lock (_gate)
        {
            foreach (var (rank, begun) in _left)
                if (begun < number) return rank;
        }
        return -1;
    }

    /// <summary>Waits until the condition holds or a verdict is there.</summary>
    public bool WaitFor(Func<bool> condition, TimeSpan limit)
    {
        var watch = Stopwatch.StartNew();
        lock (_gate)
        {
            while (!condition() && _verdict is null)
            {
                var left = limit - watch.Elapsed;
                if (left <= TimeSpan.Zero) return false;
                Monitor.Wait(_gate, left);
            }
            return condition();
        }
    }

    public void Dispose()
    {
        _stopping = true;
        if (_thread.IsAlive) _thread.Join();
        Close();
    }

    protected void Start() => _thread.Start();

    /// <summary>One round: reads what there is, waiting at most 50 ms.</summary>
    protected abstract void Round();

    protected abstract void Close();

    /// <summary>The first verdict stands. True if this one is it.</summary>
    protected bool Declare(Verdict verdict)
    {
        lock (_gate)
        {
            if (_verdict is not null) return false;
            _verdict = verdict;
            Monitor.PulseAll(_gate);
            return true;
        }
    }

    protected void Left(int rank, long begun)
    {
        lock (_gate)
        {
            _left[rank] = begun;
            Monitor.PulseAll(_gate);
        }
    }

    protected bool HasLeft(int rank)
    {
        lock (_gate) return _left.ContainsKey(rank);
    }

    protected int LeftCount
    {
        get { lock (_gate) return _left.Count; }
    }

    protected void Change(Action change)
    {
        lock (_gate)
        {
            change();
            Monitor.PulseAll(_gate);
        }
    }

    protected string Ended(int rank, string who) =>
        $"Rank {rank} of {Size} ({who}) has ended without leaving the process group (killed, crashed or out of memory): look at its output, then start all ranks again.";

    protected string Silent(int rank, string who) =>
        $"Rank {rank} of {Size} ({who}) has given no sign of life for {distributed.Seconds(Timeout)} (stopped, or its machine or network is down): look after it, then start all ranks again.";

    void Run()
    {
        while (!_stopping)
        {
            try
            {
                Round();
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                if (!_stopping) Declare(new($"The lines between the ranks broke: {e.Message}", []));
                return;
            }
        }
    }

    /// <summary>A connection that carries lines of text.</summary>
    protected sealed class Line(Socket socket) : IDisposable
    {
        readonly byte[] _buffer = new byte[4096];
        readonly List<byte> _partial = [];

        public Socket Socket { get; } = socket;

        public long LastHeard { get; private set; } = Stopwatch.GetTimestamp();

        public void Send(string text)
        {
            try
            {
                lock (_partial) Socket.Send(Encoding.UTF8.GetBytes(text.ReplaceLineEndings(" ") + "\n"));
            }
            catch (Exception e) when (e is SocketException or ObjectDisposedException)
            {
                // The reader of this line notices.
            }
        }

        /// <summary>Reads once what there is. False when the other end has closed.</summary>
        public bool Read(Action<string> handle)
        {
            int count;
            try
            {
                count = Socket.Receive(_buffer);
            }
            catch (SocketException)
            {
                count = 0;
            }
            // What never ends its line is none of ours.
            if (count == 0 || _partial.Count > 65536) return false;
            LastHeard = Stopwatch.GetTimestamp();
            foreach (var value in _buffer.AsSpan(0, count))
            {
                if (value != '\n')
                {
                    _partial.Add(value);
                    continue;
                }
                var text = Encoding.UTF8.GetString([.. _partial]);
                _partial.Clear();
                handle(text);
            }
            return true;
        }

        public void Dispose() => Socket.Dispose();
    }
}
