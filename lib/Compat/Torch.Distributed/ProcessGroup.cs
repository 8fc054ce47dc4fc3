// The ranks of a job as one: how they find each other, and what happens when a collective does not end.

using System.Diagnostics;
using System.Globalization;
using System.Text;
using TorchSharp.Distributed.Native;

namespace TorchSharp.Distributed;

sealed class ProcessGroup
{
    readonly object _gate = new();
    readonly distributed.TCPStore _store;
    readonly bool _ownsStore;
    readonly RankMonitor? _monitor;
    nint _handle;
    long _begun;
    Exception? _failure;

    public ProcessGroup(string backend, LaunchEnvironment place, TimeSpan timeout, distributed.TCPStore? store)
    {
        Backend = backend;
        Rank = place.Rank;
        Size = place.WorldSize;
        Timeout = timeout;
        // Asks the library first, so that a machine without it says so at once.
        if (backend == "nccl" && !distributed.is_nccl_available())
            throw new distributed.DistError("The backend 'nccl' is not in this libtorch, or was not compiled for want of CUDA's and NCCL's headers: use 'gloo', or run 'environment/workbook setup' with TORCH_HOME at a libtorch with CUDA.");

        _ownsStore = store is null;
        _store = store ?? new(place.MasterAddress, place.MasterPort, is_master: Rank == 0, timeout);
        try
        {
            var address = "127.0.0.1";
            // A store may serve one group after another.
            var key = FormattableString.Invariant($"group/{_store.Groups++}");
            if (Size > 1)
            {
                if (Rank == 0)
                {
                    var server = new RankMonitorServer(Size, timeout);
                    _monitor = server;
                    _store.set($"{key}/line", server.Port.ToString(CultureInfo.InvariantCulture));
                    server.Gather(FormattableString.Invariant($"{RankMonitor.Who}, port {_store.Port}; its own MASTER_ADDR is {place.MasterAddress}"));
                    address = server.Address;
                }
                else
                {
                    var port = int.Parse(Encoding.UTF8.GetString(_store.get($"{key}/line")), CultureInfo.InvariantCulture);
                    var client = new RankMonitorClient(_store.Address, port, Rank, Size, timeout);
                    _monitor = client;
                    client.Gather();
                    address = client.Address;
                }
            }
            var network = Environment.GetEnvironmentVariable("GLOO_SOCKET_IFNAME")?.Split(',')[0].Trim() ?? "";
            _handle = Connect(key, address, network);
        }
        catch
        {
            _monitor?.Dispose();
            if (_ownsStore) _store.Dispose();
            throw;
        }
    }

    public string Backend { get; }
    public int Rank { get; }
    public int Size { get; }
    public TimeSpan Timeout { get; }

    // Every rank connects to every other. One that ends meanwhile would hold the others up for their whole timeout.
    nint Connect(string key, string address, string network)
    {
        var connecting = Task.Factory.StartNew(() =>
        {
            var handle = NativeMethods.cd_group(Backend == "nccl" ? 1 : 0, _store.Handle, key, Rank, Size, distributed.Milliseconds(Timeout), address, network);
            return (handle, handle == 0 ? NativeMethods.Error() : "");
        }, CancellationToken.None, TaskCreationOptions.LongRunning, TaskScheduler.Default);
        while (!connecting.Wait(50))
            if (_monitor?.Verdict is { } verdict) throw Fail(verdict);
        return connecting.Result.handle != 0 ? connecting.Result.handle : throw Explain(connecting.Result.Item2, "init_process_group", 0, timedOut: false);
    }

    /// <summary>Starts a collective, which every rank must do in the same order.</summary>
    public distributed.Work Begin(string what, long bytes, Func<nint, nint> start)
    {
        lock (_gate)
        {
            if (_failure is not null) throw _failure;
            ObjectDisposedException.ThrowIf(_handle == 0, this);
            if (_monitor?.Verdict is { } verdict) throw Fail(verdict);
            var number = ++_begun;
            if (_monitor is not null) _monitor.Begun = number;
            var handle = start(_handle);
            if (handle == 0) throw new distributed.DistError($"{what} cannot be begun: {NativeMethods.Error()}");
            return new(this, handle, what, number, bytes);
        }
    }

    /// <summary>Waits for a collective in slices, so that the end of another rank is seen whatever the backend waits for.</summary>
    public void Wait(nint work, string what, long number)
    {
        var watch = Stopwatch.StartNew();
        while (true)
        {
            var state = NativeMethods.cd_work_wait(work, 50);
            if (state > 0) return;
            if (state < 0)
            {
                var words = NativeMethods.Error();
                throw Explain(words, what, number, timedOut: words.Contains("timed out", StringComparison.OrdinalIgnoreCase) || watch.Elapsed > Timeout * 0.9);
            }
            if (_monitor?.Verdict is { } verdict) throw Fail(verdict);
            if (Departed(what, number) is { } departed) throw departed;
            // The backend has the same limit and reports first, if it can.
            if (watch.Elapsed > Timeout + TimeSpan.FromSeconds(1)) throw Explain("", what, number, timedOut: true);
        }
    }

    /// <summary>Leaves: waits until every rank does, so that nobody's connection closes under another's last collective.</summary>
    public void Leave()
    {
        lock (_gate)
        {
            if (_handle == 0) return;
            if (_failure is null && _monitor is not null)
            {
                _monitor.SayBye();
                _monitor.WaitFor(() => _monitor.AllLeft, Timeout);
            }
            // With a rank gone, the backend's threads may wait for it until their timeout: they are left behind.
            if (_failure is null && (_monitor is null || _monitor.Verdict is null)) NativeMethods.cd_group_free(_handle);
            _handle = 0;
            _failure ??= new distributed.DistError("The process group was destroyed: call init_process_group again.");
            if (_ownsStore) _store.Dispose();
            if (_monitor is RankMonitorServer server) server.SayAllLeft();
            _monitor?.Dispose();
        }
    }

    // A rank may also have left in good order, too early for this collective.
    distributed.DistError? Departed(string what, long number)
    {
        var rank = _monitor?.LeftBefore(number) ?? -1;
        if (rank < 0) return null;
        var error = new distributed.DistError(FormattableString.Invariant($"Rank {rank} of {Size} left the process group (destroy_process_group) before {what} (collective {number}): every rank must call the same collectives."), [rank]);
        _failure = error;
        return error;
    }

    Exception Fail(Verdict verdict) => _failure = new distributed.DistError(verdict.Sentence, verdict.Ranks);

    // Gloo's words name an address at best; who it was comes over the line to rank 0 a moment later.
    Exception Explain(string words, string what, long number, bool timedOut)
    {
        if (_monitor is not null)
        {
            if (timedOut) _monitor.ReportLate(number, what);
            _monitor.WaitFor(() => _monitor.LeftBefore(number) >= 0, RankMonitor.Grace);
            if (_monitor.Verdict is { } verdict) return Fail(verdict);
            if (Departed(what, number) is { } departed) return departed;
        }
        return _failure = new distributed.DistError(FormattableString.Invariant($"{what}{(number > 0 ? FormattableString.Invariant($" (collective {number})") : "")} failed on rank {Rank} of {Size}: {(words.Length > 0 ? words : "no answer")}"));
    }
}
