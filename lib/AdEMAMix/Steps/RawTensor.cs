// A tensor's bytes to and from a stream, past the 2 GB at which a span ends.
using static TorchSharp.torch;

namespace AdEMAMix;

/// <summary>Raw elements, row-major, in the machine's byte order.</summary>
static unsafe class RawTensor
{
    const int Piece = 1 << 30;

    /// <summary>Writes the elements.</summary>
    /// <param name="stream">Where to.</param>
    /// <param name="tensor">A tensor on any device.</param>
    /// <param name="flush">Called first, where a writer in front of the stream may hold bytes back.</param>
    public static void Write(Stream stream, Tensor tensor, Action? flush = null)
    {
        flush?.Invoke();
        using var host = tensor.detach().cpu().contiguous();
        var start = (byte*)TensorPointer.Of(host);
        var bytes = host.NumberOfElements * host.ElementSize;
        for (long offset = 0; offset < bytes; offset += Piece)
            stream.Write(new ReadOnlySpan<byte>(start + offset, (int)Math.Min(Piece, bytes - offset)));
    }

    /// <summary>Reads a tensor of the given shape and type.</summary>
    /// <exception cref="OptimizerStateException">The stream ends too early.</exception>
    public static Tensor Read(Stream stream, long[] shape, ScalarType type)
    {
        var host = empty(shape, type);
        var start = (byte*)TensorPointer.Of(host);
        var bytes = host.NumberOfElements * host.ElementSize;
        try
        {
            for (long offset = 0; offset < bytes; offset += Piece)
                stream.ReadExactly(new Span<byte>(start + offset, (int)Math.Min(Piece, bytes - offset)));
        }
        catch (EndOfStreamException e)
        {
            host.Dispose();
            throw new OptimizerStateException("the saved state is cut short: take an older one that is whole", e);
        }
        return host;
    }
}
