// Rank 0's end of the lines: it greets the ranks as they come, hears them, and gives the verdict.

using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Net.Sockets;

namespace TorchSharp.Distributed;

sealed class RankMonitorServer : RankMonitor
{
    readonly Socket _listener;
    readonly Peer?[] _peers;
    readonly List<Peer> _strangers = [];
    readonly List<string> _refused = [];
    readonly long _opened = Stopwatch.GetTimestamp();
    long _lastBeat;
    bool _ready;

    public RankMonitorServer(int size, TimeSpan timeout) : base(0, size, timeout)
    {
        _peers = new Peer?[size];
        try
        {
            _listener = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp) { DualMode = true };
            _listener.Bind(new IPEndPoint(IPAddress.IPv6Any, 0));
        }
        catch (SocketException)
        {
            _listener = new Socket(AddressFamily.InterNetwork, SocketType.Stream, ProtocolType.Tcp);
            _listener.Bind(new IPEndPoint(IPAddress.Any, 0));
        }
        _listener.Listen(size);
        Port = ((IPEndPoint)_listener.LocalEndPoint!).Port;
        Start();
    }

    sealed class Peer(Line line)
    {
        public Line Line { get; } = line;
        public int Rank { get; set; } = -1;
        public string Who { get; set; } = "";
        public long Begun { get; set; }
        public bool Closed { get; set; }
    }

    public int Port { get; }

    /// <summary>The address under which the other ranks reach this machine.</summary>
    public string Address { get; private set; } = "127.0.0.1";

    public override bool AllLeft => LeftCount == Size;

    /// <summary>Waits for every rank to come, then tells all of them.</summary>
    /// <param name="where">Where this rank can be reached, for the message about a world that does not fill up.</param>
    public void Gather(string where)
    {
        if (!WaitFor(() => _peers.Count(peer => peer is not null) == Size - 1, Timeout) && Verdict is null) GiveUp(where);
        if (Verdict is { } verdict) throw new distributed.DistError(verdict.Sentence, verdict.Ranks);
        foreach (var peer in _peers)
            if (peer is not null && Reached(peer) is var address && !IPAddress.IsLoopback(address))
            {
                Address = address.ToString();
                break;
            }
        Change(() => _ready = true);
        Broadcast($"ready {Address}");
    }

    public override void SayBye()
    {
        Left(0, Begun);
        Broadcast(FormattableString.Invariant($"left 0 {Begun}"));
    }

    /// <summary>The last word, once nothing more is served here.</summary>
    public void SayAllLeft() => Broadcast("end");

    public override void ReportLate(long number, string what)
    {
        if (!_ready)
        {
            GiveUp("");
            return;
        }
        Peer[] behind = [.. _peers.OfType<Peer>().Where(peer => peer.Begun < number)];
        if (Begun < number)
            Sentence($"Rank 0 of {Size} ({Who})", [0], Begun);
        else if (behind.Length > 0)
            Sentence(string.Join(" and ", behind.Select(peer => $"rank {peer.Rank} of {Size} ({peer.Who})")), [.. behind.Select(peer => peer.Rank)], behind.Min(peer => peer.Begun));
        else
            Proclaim(new(FormattableString.Invariant($"{what} (collective {number}) did not finish within {distributed.Seconds(Timeout)} although every rank began it: the network is blocked or too slow, or the ranks call it with different shapes; mend that, or give init_process_group a longer timeout."), []));

        void Sentence(string whom, IReadOnlyList<int> ranks, long begun) =>
            Proclaim(new(FormattableString.Invariant($"{char.ToUpperInvariant(whom[0])}{whom[1..]} did not join {what} (collective {number}) within {distributed.Seconds(Timeout)}, being at {begun}: it hangs or is slower than the others; look at its output, or give init_process_group a longer timeout."), ranks));
    }

    protected override void Round()
    {
        var sockets = new List<Socket> { _listener };
        sockets.AddRange(_peers.OfType<Peer>().Concat(_strangers).Where(peer => !peer.Closed).Select(peer => peer.Line.Socket));
        Socket.Select(sockets, null, null, 50_000);
        foreach (var socket in sockets)
        {
            if (socket == _listener)
            {
                var accepted = _listener.Accept();
                accepted.NoDelay = true;
                accepted.SendTimeout = 1000;
                _strangers.Add(new(new(accepted)));
                continue;
            }
            var peer = _peers.OfType<Peer>().Concat(_strangers).First(peer => peer.Line.Socket == socket);
            if (!peer.Line.Read(text => Hear(peer, text))) Lost(peer);
        }

        if (Stopwatch.GetElapsedTime(_lastBeat) < Beat) return;
        _lastBeat = Stopwatch.GetTimestamp();
        Broadcast(FormattableString.Invariant($"beat {Begun}"));
        foreach (var peer in _peers)
            if (peer is { Closed: false } && !HasLeft(peer.Rank) && Stopwatch.GetElapsedTime(peer.Line.LastHeard) > Timeout)
                Proclaim(new(Silent(peer.Rank, peer.Who), [peer.Rank]));
    }

    protected override void Close()
    {
        _listener.Dispose();
        foreach (var peer in _peers.OfType<Peer>().Concat(_strangers)) peer.Line.Dispose();
    }

    void Hear(Peer peer, string text)
    {
        var words = text.Split(' ', 4);
        var number = words.Length > 1 && long.TryParse(words[1], NumberStyles.None, CultureInfo.InvariantCulture, out var parsed) ? parsed : 0;
        switch (words[0])
        {
            case "hello" when peer.Rank < 0 && words.Length == 4 && int.TryParse(words[2], NumberStyles.None, CultureInfo.InvariantCulture, out var size):
                Greet(peer, (int)number, size, words[3]);
                break;
            case "beat" when peer.Rank > 0:
                peer.Begun = number;
                break;
            case "late" when peer.Rank > 0:
                peer.Begun = Math.Max(peer.Begun, number);
                ReportLate(number, string.Join(' ', words[2..]));
                break;
            case "bye" when peer.Rank > 0:
                Left(peer.Rank, number);
                Broadcast(FormattableString.Invariant($"left {peer.Rank} {number}"));
                break;
        }
    }

    void Greet(Peer peer, int rank, int size, string who)
    {
        var refusal =
            size != Size ? $"Rank {rank} ({who}) has WORLD_SIZE {size}, rank 0 has {Size}: give every process the same WORLD_SIZE, and every job a MASTER_PORT of its own."
            : rank < 1 || rank >= Size ? $"RANK is {rank} ({who}): set it to a number from 1 to {Size - 1} that no other process has."
            : _peers[rank] is { } other ? $"RANK {rank} is taken twice, by {other.Who} and by {who}: give every process a RANK of its own, and every job a MASTER_PORT of its own."
            : null;
        if (refusal is not null)
        {
            _refused.Add(refusal);
            peer.Line.Send($"refuse {new Verdict(refusal, [rank])}");
            return;
        }
        peer.Rank = rank;
        peer.Who = who;
        peer.Line.Send($"welcome {Who}");
        _strangers.Remove(peer);
        Change(() => _peers[rank] = peer);
    }

    void Lost(Peer peer)
    {
        peer.Closed = true;
        if (peer.Rank < 0)
        {
            _strangers.Remove(peer);
            peer.Line.Dispose();
        }
        else if (!HasLeft(peer.Rank))
        {
            Proclaim(new(Ended(peer.Rank, peer.Who), [peer.Rank]));
        }
    }

    // Somebody's patience has ended before all ranks came.
    void GiveUp(string where)
    {
        int[] missing = [.. Enumerable.Range(1, Size - 1).Where(rank => _peers[rank] is null)];
        int[] here = [.. Enumerable.Range(0, Size).Except(missing)];
        var refused = _refused.Count > 0 ? $" (refused: {_refused[^1].TrimEnd('.')})" : "";
        Proclaim(new($"Only {here.Length} of {Size} ranks came within {Math.Round(Stopwatch.GetElapsedTime(_opened).TotalSeconds, 1).ToString(CultureInfo.InvariantCulture)} s: {Listed(here)} {(here.Length == 1 ? "is" : "are")} here, {Listed(missing)} {(missing.Length == 1 ? "is" : "are")} missing{refused}: start {(missing.Length == 1 ? "it" : "them")} with the MASTER_ADDR and MASTER_PORT of rank 0 ({(where.Length > 0 ? where : Who)}), or set WORLD_SIZE to the number of processes.", missing));

        static string Listed(int[] ranks)
        {
            var shown = ranks.Take(16).Select(rank => rank.ToString(CultureInfo.InvariantCulture)).ToList();
            if (ranks.Length > 16) shown.Add(FormattableString.Invariant($"{ranks.Length - 16} more"));
            return shown.Count == 1 ? shown[0] : $"{string.Join(", ", shown[..^1])} and {shown[^1]}";
        }
    }

    void Proclaim(Verdict verdict)
    {
        if (Declare(verdict)) Broadcast($"verdict {verdict}");
    }

    void Broadcast(string text)
    {
        foreach (var peer in _peers)
            if (peer is { Closed: false }) peer.Line.Send(text);
    }

    static IPAddress Reached(Peer peer)
    {
        var address = ((IPEndPoint)peer.Line.Socket.LocalEndPoint!).Address;
        return address.IsIPv4MappedToIPv6 ? address.MapToIPv4() : address;
    }
}
