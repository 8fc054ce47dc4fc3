// A collective under way.

using System.Diagnostics;
using TorchSharp.Distributed;
using TorchSharp.Distributed.Native;

namespace TorchSharp;

public static partial class distributed
{
    /// <summary>A collective that was begun with async_op; its tensors must be neither read nor written before <see cref="wait"/> returns.</summary>
    public sealed class Work
    {
        readonly ProcessGroup _group;
        readonly string _what;
        readonly long _number, _bytes;
        nint _handle;

        internal Work(ProcessGroup group, nint handle, string what, long number, long bytes) =>
            (_group, _handle, _what, _number, _bytes) = (group, handle, what, number, bytes);

        /// <summary>Frees what nobody waited for.</summary>
        ~Work()
        {
            if (_handle != 0) NativeMethods.cd_work_free(_handle);
        }

        /// <summary>Whether the transfer has ended, well or not. An average is there only after <see cref="wait"/>.</summary>
        public bool is_completed() => _handle == 0 || NativeMethods.cd_work_done(_handle) > 0;

        /// <summary>Waits for the result.</summary>
        /// <exception cref="DistError">A rank is gone, has left, or did not join within the group's timeout; it is named.</exception>
        public void wait()
        {
            if (_handle == 0) return;
            var started = Stopwatch.GetTimestamp();
            _group.Wait(_handle, _what, _number);
            var waited = Stopwatch.GetElapsedTime(started);
            Count(_what, _bytes, TimeSpan.FromTicks(NativeMethods.cd_work_nanoseconds(_handle) / TimeSpan.NanosecondsPerTick), waited);
            NativeMethods.cd_work_free(_handle);
            _handle = 0;
            GC.SuppressFinalize(this);
        }
    }
}
