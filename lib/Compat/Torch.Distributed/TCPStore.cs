// c10d's key-value store: one process serves, all set, get, add and wait.

using System.Diagnostics;
using System.Net;
using System.Net.Sockets;
using System.Text;
using TorchSharp.Distributed.Native;

namespace TorchSharp;

public static partial class distributed
{
    /// <summary>A key-value store over TCP, as torch.distributed.TCPStore. Values are bytes.</summary>
    public sealed unsafe class TCPStore : IDisposable
    {
        readonly TimeSpan _timeout;
        nint _handle;

        /// <summary>Serves a store, or connects to one.</summary>
        /// <param name="host_name">Where the store is served; the server listens on every address of its machine.</param>
        /// <param name="port">The port; 0 lets the server choose a free one (see <see cref="Port"/>).</param>
        /// <param name="is_master">Whether this process serves.</param>
        /// <param name="timeout">How long to wait for the server, and for keys; five minutes if not given.</param>
        /// <exception cref="DistError">The port is busy, the name does not resolve, or nobody answers in time.</exception>
        public TCPStore(string host_name, int port, bool is_master = false, TimeSpan? timeout = null)
        {
            ArgumentException.ThrowIfNullOrWhiteSpace(host_name);
            if (port is < 0 or > 65535 || (port == 0 && !is_master))
                throw new ArgumentOutOfRangeException(nameof(port), port, "a port is a number from 1 to 65535 (0, any free one, only where the store is served)");
            _timeout = timeout ?? TimeSpan.FromMinutes(5);
            Host = host_name;
            if (is_master)
            {
                RequireFree(port);
                // c10d's own client of a server's process: it needs no name to find it.
                _handle = NativeMethods.cd_store("127.0.0.1", port, 1, Milliseconds(_timeout));
                if (_handle == 0) throw new DistError($"The store cannot be served on port {port}: {NativeMethods.Error()}");
                Address = IPAddress.Loopback;
            }
            else
            {
                var watch = Stopwatch.StartNew();
                Address = Reach(host_name, port, _timeout);
                var left = Left(watch);
                // Something else than a store may answer there, and never reply.
                var opened = Task.Factory.StartNew(() =>
                {
                    var handle = NativeMethods.cd_store(Address.ToString(), port, 0, Milliseconds(left));
                    return handle == 0 || NativeMethods.cd_store_check(handle, "\u0001") < 0 ? (0, NativeMethods.Error()) : (handle, "");
                }, TaskCreationOptions.LongRunning);
                if (!opened.Wait(left)) throw new DistError($"Something answers at {host_name}:{port}, but not as a store within {Seconds(_timeout)}: set MASTER_PORT to the port of rank 0, free of other programs.");
                (_handle, var error) = opened.Result;
                if (_handle == 0) throw new DistError($"The store at {host_name}:{port} does not answer: {error}");
            }
            Port = NativeMethods.cd_store_port(_handle);
        }

        /// <summary>The host that was given.</summary>
        public string Host { get; }

        /// <summary>The port it is served on.</summary>
        public int Port { get; }

        internal IPAddress Address { get; }

        /// <summary>The groups that this process has formed over it.</summary>
        internal int Groups { get; set; }

        internal nint Handle => _handle != 0 ? _handle : throw new ObjectDisposedException(nameof(TCPStore));

        /// <summary>Sets a key, replacing what it had.</summary>
        public void set(string key, ReadOnlySpan<byte> value)
        {
            fixed (byte* bytes = value)
                if (NativeMethods.cd_store_set(Handle, key, bytes, value.Length) < 0) throw Gone();
        }

        /// <summary>Sets a key to a text's UTF-8 bytes.</summary>
        public void set(string key, string value) => set(key, Encoding.UTF8.GetBytes(value));

        /// <summary>The value of a key; waits until somebody has set it.</summary>
        /// <exception cref="DistError">Nobody set it within the store's timeout, or the store is gone.</exception>
        public byte[] get(string key)
        {
            wait([key]);
            var bytes = new byte[256];
            while (true)
            {
                long count;
                fixed (byte* into = bytes) count = NativeMethods.cd_store_get(Handle, key, into, bytes.Length);
                if (count < 0) throw Gone();
                if (count <= bytes.Length) return bytes[..(int)count];
                bytes = new byte[count];
            }
        }

        /// <summary>Adds to a key's number, which begins at 0, and returns the sum.</summary>
        public long add(string key, long amount)
        {
            long sum;
            if (NativeMethods.cd_store_add(Handle, key, amount, &sum) < 0) throw Gone();
            return sum;
        }

        /// <summary>Whether all keys are there.</summary>
        public bool check(IReadOnlyList<string> keys)
        {
            foreach (var key in keys)
            {
                var there = NativeMethods.cd_store_check(Handle, key);
                if (there < 0) throw Gone();
                if (there == 0) return false;
            }
            return true;
        }

        /// <summary>Waits until all keys are there.</summary>
        /// <exception cref="DistError">They were not within the timeout, or the store is gone.</exception>
        public void wait(IReadOnlyList<string> keys, TimeSpan? timeout = null)
        {
            var limit = timeout ?? _timeout;
            var watch = Stopwatch.StartNew();
            while (!check(keys))
            {
                if (watch.Elapsed > limit) throw new DistError($"The store at {Host}:{Port} did not get the key{(keys.Count == 1 ? "" : "s")} {string.Join(", ", keys.Where(key => !check([key])))} within {Seconds(limit)}.");
                Thread.Sleep(5);
            }
        }

        /// <summary>Leaves the store; the process that serves it ends it.</summary>
        public void Dispose()
        {
            if (_handle != 0) NativeMethods.cd_store_free(_handle);
            _handle = 0;
        }

        TimeSpan Left(Stopwatch watch) => _timeout - watch.Elapsed is var left && left > TimeSpan.FromSeconds(1) ? left : TimeSpan.FromSeconds(1);

        DistError Gone() => new($"The store at {Host}:{Port} no longer answers: {NativeMethods.Error()}");

        // Asked beforehand, since c10d would also print its own account of a busy port.
        static void RequireFree(int port)
        {
            if (port == 0) return;
            using var socket = new Socket(AddressFamily.InterNetworkV6, SocketType.Stream, ProtocolType.Tcp);
            try
            {
                socket.DualMode = true;
                socket.Bind(new IPEndPoint(IPAddress.IPv6Any, port));
                socket.Listen();
            }
            catch (SocketException e) when (e.SocketErrorCode is SocketError.AddressAlreadyInUse or SocketError.AccessDenied)
            {
                throw new DistError(e.SocketErrorCode == SocketError.AccessDenied
                    ? $"Port {port} of this machine may not be served by this user: set MASTER_PORT to one above 1024."
                    : $"Port {port} of this machine is taken by another process (another job, or a second process with RANK 0): set MASTER_PORT to a free port, the same for all ranks.", [0]);
            }
            catch (SocketException)
            {
                // A machine without IPv6: c10d will say what it thinks of the port.
            }
        }

        /// <summary>The first address of the host at which something accepts connections.</summary>
        static IPAddress Reach(string host, int port, TimeSpan timeout)
        {
            var watch = Stopwatch.StartNew();
            IPAddress[] addresses = [];
            var cause = "";
            while (true)
            {
                try
                {
                    if (addresses.Length == 0)
                    {
                        var asked = Dns.GetHostAddressesAsync(host);
                        if (!asked.Wait(timeout)) throw new SocketException((int)SocketError.TryAgain);
                        addresses = [.. asked.Result.OrderBy(address => address.AddressFamily != AddressFamily.InterNetwork)];
                    }
                    foreach (var address in addresses)
                    {
                        using var socket = new Socket(address.AddressFamily, SocketType.Stream, ProtocolType.Tcp);
                        using var patience = new CancellationTokenSource(TimeSpan.FromTicks(Math.Min((timeout - watch.Elapsed).Ticks, TimeSpan.TicksPerSecond * 5) is var ticks and > 0 ? ticks : 1));
                        try
                        {
                            socket.ConnectAsync(new IPEndPoint(address, port), patience.Token).AsTask().GetAwaiter().GetResult();
                            return address;
                        }
                        catch (SocketException e)
                        {
                            cause = e.Message;
                        }
                        catch (OperationCanceledException)
                        {
                            if (cause.Length == 0) cause = "no answer";
                        }
                    }
                }
                catch (Exception e) when (e is SocketException or AggregateException { InnerException: SocketException })
                {
                    cause = (e as SocketException ?? e.InnerException!).Message;
                    // A name may appear a little after the job has started.
                    if (watch.Elapsed > TimeSpan.FromSeconds(Math.Min(30, timeout.TotalSeconds)))
                        throw new DistError($"The host '{host}' of rank 0 is unknown ({cause}): set MASTER_ADDR to the name or address of the machine where rank 0 runs.", [0]);
                }
                if (watch.Elapsed > timeout)
                    throw new DistError($"Rank 0 does not answer at {host}:{port} within {Seconds(timeout)} ({cause}): start the process with RANK 0 there, or set MASTER_ADDR and MASTER_PORT to where it runs.", [0]);
                Thread.Sleep(20);
            }
        }
    }

    internal static long Milliseconds(TimeSpan time) => Math.Max(1, (long)time.TotalMilliseconds);

    internal static string Seconds(TimeSpan time) => FormattableString.Invariant($"{time.TotalSeconds:0.###} s");
}
