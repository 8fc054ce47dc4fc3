// One moment of one parameter, in its storage format.
using static TorchSharp.torch;

namespace AdEMAMix;

/// <summary>Owns the tensors of one moment.</summary>
sealed unsafe class MomentBuffer : IDisposable
{
    readonly long[] shape;
    void* address;
    float* scales;

    /// <summary>Zeros of the parameter's shape, on its device.</summary>
    public MomentBuffer(MomentSpec spec, StateFormat format, Tensor parameter)
    {
        (Spec, Format, shape) = (spec, format, parameter.shape);
        Values = zeros(shape, TypeOf(format, parameter.dtype), parameter.device).DetachFromDisposeScope();
        if (format == StateFormat.EightBit)
            Scales = zeros([Blocks], ScalarType.Float32, parameter.device).DetachFromDisposeScope();
        FindAddresses();
    }

    /// <summary>Which moment this is.</summary>
    public MomentSpec Spec { get; }

    /// <summary>How it is stored.</summary>
    public StateFormat Format { get; }

    /// <summary>The stored elements: numbers, or codes.</summary>
    public Tensor Values { get; private set; }

    /// <summary>One scale per block of codes.</summary>
    public Tensor? Scales { get; private set; }

    /// <summary>The parameter's shape.</summary>
    public ReadOnlySpan<long> Shape => shape;

    /// <summary>Bytes of memory.</summary>
    public long Bytes => Values.NumberOfElements * Values.ElementSize + (Scales?.NumberOfElements * sizeof(float) ?? 0);

    long Blocks => (shape.Aggregate(1L, (a, b) => a * b) + StagedKernel.Block - 1) / StagedKernel.Block;

    /// <summary>The view that kernels take.</summary>
    public ArrayView View(uint randomKey) => new()
    {
        Data = address,
        Scales = scales,
        RandomKey = randomKey,
        Format = Values.dtype switch
        {
            ScalarType.Float64 => ElementFormat.Float64,
            ScalarType.BFloat16 => ElementFormat.BFloat16Stochastic,
            ScalarType.Byte => Spec.Signed ? ElementFormat.Signed8 : ElementFormat.Unsigned8,
            _ => ElementFormat.Float32,
        },
    };

    /// <summary>The numbers themselves, in float or double, as a new tensor of the parameter's shape.</summary>
    public Tensor ToNumbers()
    {
        if (Format != StateFormat.EightBit)
            return Values.to(Format == StateFormat.Full ? Values.dtype : ScalarType.Float32, copy: true);
        using var codes = Values.cpu();
        using var units = Scales!.cpu();
        var numbers = empty(shape, ScalarType.Float32);
        var from = (byte*)TensorPointer.Of(codes);
        float* to = (float*)TensorPointer.Of(numbers), unit = (float*)TensorPointer.Of(units);
        var length = numbers.NumberOfElements;
        for (long i = 0; i < length; i += StagedKernel.Block)
            EightBit.Decode(from + i, unit[i / StagedKernel.Block], Spec.Signed, to + i, (int)Math.Min(StagedKernel.Block, length - i));
        return numbers;
    }

    /// <summary>Replaces the contents by numbers, rounded to the nearest that the format has.</summary>
    public void SetNumbers(Tensor numbers)
    {
        RequireShape(numbers.shape);
        using var guard = no_grad();
        if (Format != StateFormat.EightBit)
        {
            Values.copy_(numbers);
            return;
        }
        using var floats = numbers.detach().cpu().to_type(ScalarType.Float32).contiguous();
        using var codes = empty(shape, ScalarType.Byte);
        using var units = empty([Blocks], ScalarType.Float32);
        var to = (byte*)TensorPointer.Of(codes);
        float* from = (float*)TensorPointer.Of(floats), unit = (float*)TensorPointer.Of(units);
        var length = floats.NumberOfElements;
        for (long i = 0; i < length; i += StagedKernel.Block)
            unit[i / StagedKernel.Block] = EightBit.EncodeNearest(from + i, Spec.Signed, to + i, (int)Math.Min(StagedKernel.Block, length - i));
        Values.copy_(codes);
        Scales!.copy_(units);
    }

    /// <summary>Replaces the contents by those of another moment: bit for bit where the format is the same.</summary>
    public void CopyFrom(MomentBuffer source)
    {
        RequireShape(source.shape);
        if (source.Values.dtype == Values.dtype)
        {
            using var guard = no_grad();
            Values.copy_(source.Values);
            Scales?.copy_(source.Scales!);
            return;
        }
        using var numbers = source.ToNumbers();
        SetNumbers(numbers);
    }

    /// <summary>Moves the elements to a device.</summary>
    public void MoveTo(Device device)
    {
        Values = Moved(Values, device);
        Scales = Scales is null ? null : Moved(Scales, device);
        FindAddresses();
    }

    /// <summary>Writes shape, element type and raw bytes.</summary>
    public void Save(BinaryWriter writer)
    {
        writer.Write(shape.Length);
        foreach (var size in shape)
            writer.Write(size);
        writer.Write((int)Values.dtype);
        RawTensor.Write(writer.BaseStream, Values, writer.Flush);
        if (Scales is not null)
            RawTensor.Write(writer.BaseStream, Scales, writer.Flush);
    }

    /// <summary>Reads what <see cref="Save"/> wrote, converting between element types.</summary>
    public void Load(BinaryReader reader)
    {
        var saved = new long[reader.ReadInt32()];
        for (var i = 0; i < saved.Length; i++)
            saved[i] = reader.ReadInt64();
        RequireShape(saved);
        var type = (ScalarType)reader.ReadInt32();
        using var host = RawTensor.Read(reader.BaseStream, saved, type);
        if (type != ScalarType.Byte)
        {
            SetNumbers(host);
            return;
        }
        using var units = RawTensor.Read(reader.BaseStream, [Blocks], ScalarType.Float32);
        SetCodes(host, units);
    }

    /// <summary>Replaces the contents by codes and scales of the eight-bit format.</summary>
    public void SetCodes(Tensor codes, Tensor units)
    {
        using var eight = new MomentBuffer(Spec, StateFormat.EightBit, codes);
        eight.Values.copy_(codes);
        eight.Scales!.copy_(units);
        CopyFrom(eight);
    }

    /// <summary>Equal within the tolerance of torch.allclose.</summary>
    public bool ApproximatelyEquals(MomentBuffer other)
    {
        using var a = ToNumbers();
        using var b = other.ToNumbers();
        return a.allclose(b);
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        Values.Dispose();
        Scales?.Dispose();
    }

    void FindAddresses()
    {
        address = TensorPointer.Of(Values);
        scales = Scales is null ? null : (float*)TensorPointer.Of(Scales);
    }

    static Tensor Moved(Tensor tensor, Device device)
    {
        var moved = tensor.to(device).DetachFromDisposeScope();
        if (!ReferenceEquals(moved, tensor))
            tensor.Dispose();
        return moved;
    }

    static ScalarType TypeOf(StateFormat format, ScalarType parameter) => format switch
    {
        StateFormat.BFloat16 => ScalarType.BFloat16,
        StateFormat.EightBit => ScalarType.Byte,
        _ => parameter == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32,
    };

    void RequireShape(ReadOnlySpan<long> other)
    {
        if (!other.SequenceEqual(shape))
            throw new OptimizerStateException(
                $"the saved '{Spec.Name}' has shape [{string.Join(", ", other.ToArray())}] and the parameter [{string.Join(", ", shape)}]; load the state of a model with the same layers");
    }
}
