// One moment of one parameter, in its storage format.
using TorchSharp;
using static TorchSharp.torch;

namespace AdEMAMix;

/// <summary>Owns the tensor of one moment.</summary>
sealed unsafe class MomentBuffer : IDisposable
{
    readonly long[] shape;
    void* address;

    /// <summary>Zeros of the parameter's shape, on its device.</summary>
    public MomentBuffer(MomentSpec spec, StateFormat format, Tensor parameter)
    {
        (Spec, Format, shape) = (spec, format, parameter.shape);
        Values = zeros(shape, TypeOf(format, parameter.dtype), parameter.device).DetachFromDisposeScope();
        address = TensorPointer.Of(Values);
    }

    /// <summary>Which moment this is.</summary>
    public MomentSpec Spec { get; }

    /// <summary>How it is stored.</summary>
    public StateFormat Format { get; }

    /// <summary>The stored elements.</summary>
    public Tensor Values { get; private set; }

    /// <summary>Bytes of memory.</summary>
    public long Bytes => Values.NumberOfElements * Values.ElementSize;

    /// <summary>The view that kernels take.</summary>
    public ArrayView View(uint randomKey) => new()
    {
        Data = address,
        RandomKey = randomKey,
        Format = Values.dtype switch
        {
            ScalarType.Float64 => ElementFormat.Float64,
            ScalarType.BFloat16 => ElementFormat.BFloat16Stochastic,
            _ => ElementFormat.Float32,
        },
    };

    /// <summary>Replaces the contents by those of another moment, in whatever format that one is.</summary>
    public void CopyFrom(MomentBuffer source)
    {
        RequireShape(source.shape);
        using var guard = no_grad();
        Values.copy_(source.Values);
    }

    /// <summary>Moves the elements to a device.</summary>
    public void MoveTo(Device device)
    {
        var moved = Values.to(device).DetachFromDisposeScope();
        if (!ReferenceEquals(moved, Values))
            Values.Dispose();
        Values = moved;
        address = TensorPointer.Of(Values);
    }

    /// <summary>Writes shape, element type and raw bytes.</summary>
    public void Save(BinaryWriter writer)
    {
        writer.Write(shape.Length);
        foreach (var size in shape)
            writer.Write(size);
        writer.Write((int)Values.dtype);
        using var host = Values.cpu();
        foreach (var (offset, count) in Pieces(Bytes))
            writer.Write(new ReadOnlySpan<byte>((byte*)TensorPointer.Of(host) + offset, count));
    }

    /// <summary>Reads what <see cref="Save"/> wrote, converting between element types.</summary>
    public void Load(BinaryReader reader)
    {
        var saved = new long[reader.ReadInt32()];
        for (var i = 0; i < saved.Length; i++)
            saved[i] = reader.ReadInt64();
        RequireShape(saved);
        using var guard = no_grad();
        using var host = empty(saved, (ScalarType)reader.ReadInt32());
        foreach (var (offset, count) in Pieces(host.NumberOfElements * host.ElementSize))
            reader.BaseStream.ReadExactly(new Span<byte>((byte*)TensorPointer.Of(host) + offset, count));
        Values.copy_(host);
    }

    /// <summary>Equal within the tolerance of torch.allclose.</summary>
    public bool ApproximatelyEquals(MomentBuffer other) => Values.allclose(other.Values);

    /// <inheritdoc/>
    public void Dispose() => Values.Dispose();

    static ScalarType TypeOf(StateFormat format, ScalarType parameter) =>
        format == StateFormat.BFloat16 ? ScalarType.BFloat16
        : parameter == ScalarType.Float64 ? ScalarType.Float64
        : ScalarType.Float32;

    // A span ends at 2 GB; a tensor does not.
    static IEnumerable<(long Offset, int Count)> Pieces(long bytes)
    {
        const int piece = 1 << 30;
        for (long offset = 0; offset < bytes; offset += piece)
            yield return (offset, (int)Math.Min(piece, bytes - offset));
    }

    void RequireShape(long[] other)
    {
        if (!shape.AsSpan().SequenceEqual(other))
            throw new OptimizerStateException(
                $"the saved '{Spec.Name}' has shape [{string.Join(", ", other)}] and the parameter [{string.Join(", ", shape)}]; load the state of a model with the same layers");
    }
}
