// A table on the device that follows one on the host: sent when it has changed, without waiting.
using System.Numerics;

namespace AdEMAMix;

/// <summary>
/// Device memory and a ring of page-locked copies. A copy may still be on its way when the next step changes the table, so
/// each change goes through another one of the ring; the program waits only if it is a whole ring ahead of the device.
/// </summary>
sealed unsafe class DeviceTable(CudaDevice device)
{
    const int Depth = 4;

    readonly byte*[] staging = new byte*[Depth];
    readonly nint[] sent = new nint[Depth];
    long capacity;
    long length = -1;
    int current;

    /// <summary>The table's address on the device.</summary>
    public ulong Address { get; private set; }

    /// <summary>Sends the bytes unless the device has them already; the device's context must be current.</summary>
    /// <returns>Whether anything was sent.</returns>
    public bool Upload(ReadOnlySpan<byte> bytes)
    {
        if (bytes.Length == length && bytes.SequenceEqual(new ReadOnlySpan<byte>(staging[current], bytes.Length)))
            return false;
        if (bytes.Length > capacity)
            Grow(bytes.Length);
        var next = (current + 1) % Depth;
        device.Driver.Wait(sent[next]);
        bytes.CopyTo(new Span<byte>(staging[next], bytes.Length));
        device.Driver.CopyToDevice(Address, staging[next], bytes.Length);
        device.Driver.Record(sent[next]);
        (current, length) = (next, bytes.Length);
        return true;
    }

    /// <summary>Frees everything, after the device has done what was queued; its context must be current.</summary>
    public void Free()
    {
        if (capacity == 0)
            return;
        var driver = device.Driver;
        driver.Synchronize();
        driver.Free(Address);
        for (var i = 0; i < Depth; i++)
        {
            driver.FreePinned(staging[i]);
            driver.FreeEvent(sent[i]);
        }
        (Address, capacity, length) = (0, 0, -1);
    }

    void Grow(int bytes)
    {
        Free();
        var (driver, size) = (device.Driver, (long)BitOperations.RoundUpToPowerOf2((uint)Math.Max(bytes, 4096)));
        Address = driver.Allocate(size);
        for (var i = 0; i < Depth; i++)
        {
            staging[i] = (byte*)driver.AllocatePinned(size);
            sent[i] = driver.NewEvent();
        }
        capacity = size;
    }
}
