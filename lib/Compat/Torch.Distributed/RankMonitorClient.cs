// Every other rank's end of its line to rank 0.

using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace TorchSharp.Distributed;

sealed class RankMonitorClient : RankMonitor
{
    readonly Line _line;
    string _zero = "";
    string? _address;
    long _zeroBegun, _lastBeat;
    bool _ended, _closed;

    /// <summary>Connects to rank 0 and says hello.</summary>
    public RankMonitorClient(IPAddress host, int port, int rank, int size, TimeSpan timeout) : base(rank, size, timeout)
    {
        var socket = new Socket(host.AddressFamily, SocketType.Stream, ProtocolType.Tcp) { NoDelay = true, SendTimeout = 1000 };
        try
        {
            socket.Connect(new IPEndPoint(host, port));
        }
        catch (SocketException e)
        {
            socket.Dispose();
            throw new distributed.DistError($"Rank 0's line for signs of life does not answer at {host}:{port} ({e.Message}): open the ports between the machines of the job.", [0]);
        }
        _line = new(socket);
        _line.Send(FormattableString.Invariant($"hello {rank} {size} {Who}"));
        Start();
    }

    /// <summary>The address of this machine on the network where rank 0 is.</summary>
    public string Address { get; private set; } = "127.0.0.1";

    public override bool AllLeft => _ended || (_closed && HasLeft(0));

    /// <summary>Waits until rank 0 says that all are there.</summary>
    public void Gather()
    {
        if (!WaitFor(() => _address is not null, Timeout) && Verdict is null)
        {
            // Rank 0 knows who came and says so, to all.
            ReportLate(0, "");
            WaitFor(() => _address is not null, Grace);
        }
        if (Verdict is { } verdict) throw new distributed.DistError(verdict.Sentence, verdict.Ranks);
        if (_address is null) throw new distributed.DistError($"Rank 0 of {Size} ({_zero}) answered and then fell silent while the ranks were gathering.", [0]);
        var own = ((IPEndPoint)_line.Socket.LocalEndPoint!).Address;
        // On rank 0's machine the line may be a loopback one, which ranks elsewhere could not reach.
        Address = IPAddress.IsLoopback(own) ? _address : own.ToString();
    }

    public override void SayBye()
    {
        Left(Rank, Begun);
        _line.Send(FormattableString.Invariant($"bye {Begun}"));
    }

    public override void ReportLate(long number, string what)
    {
        _line.Send(FormattableString.Invariant($"late {number} {what}"));
        WaitFor(() => _closed, Grace);
        if (Interlocked.Read(ref _zeroBegun) < number && _address is not null)
            Declare(new(FormattableString.Invariant($"Rank 0 of {Size} ({_zero}) did not join {what} (collective {number}) within {distributed.Seconds(Timeout)}, being at {_zeroBegun}: it hangs or is slower than the others; look at its output, or give init_process_group a longer timeout."), [0]));
    }

    protected override void Round()
    {
        if (_closed)
        {
            Thread.Sleep(50);
            return;
        }
        if (_line.Socket.Poll(50_000, SelectMode.SelectRead) && !_line.Read(Hear))
        {
            Change(() => _closed = true);
            if (!HasLeft(0) && !_ended) Declare(new(Ended(0, _zero.Length > 0 ? _zero : "which serves the store"), [0]));
            return;
        }
        if (Stopwatch.GetElapsedTime(_lastBeat) < Beat) return;
        _lastBeat = Stopwatch.GetTimestamp();
        _line.Send(FormattableString.Invariant($"beat {Begun}"));
        if (!HasLeft(0) && Stopwatch.GetElapsedTime(_line.LastHeard) > Timeout) Declare(new(Silent(0, _zero), [0]));
    }

    protected override void Close() => _line.Dispose();

    void Hear(string text)
    {
        var cut = text.IndexOf(' ', StringComparison.Ordinal);
        var (word, rest) = cut < 0 ? (text, "") : (text[..cut], text[(cut + 1)..]);
        switch (word)
        {
            case "welcome":
                _zero = rest;
                break;
            case "ready":
                Change(() => _address = rest);
                break;
            case "beat":
                Interlocked.Exchange(ref _zeroBegun, long.Parse(rest, CultureInfo.InvariantCulture));
                break;
            case "left":
                var words = rest.Split(' ');
                Left(int.Parse(words[0], CultureInfo.InvariantCulture), long.Parse(words[1], CultureInfo.InvariantCulture));
                break;
            case "end":
                Change(() => _ended = true);
                break;
            case "refuse" or "verdict":
                Declare(Distributed.Verdict.Parse(rest));
                break;
        }
    }
}
