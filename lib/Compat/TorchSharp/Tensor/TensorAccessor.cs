// Element-wise access to a tensor's values, strides and offset respected.

using System.Collections;
using TorchSharp.Native;

namespace TorchSharp.Utils;

public sealed unsafe class TensorAccessor<T> : IDisposable, IEnumerable<T> where T : unmanaged
{
    readonly torch.Tensor _tensor;

    internal TensorAccessor(torch.Tensor tensor) => _tensor = tensor;

    public long Count => _tensor.numel();

    /// <summary>The values in row-major order.</summary>
    public T[] ToArray()
    {
        var result = new T[Count];
        CopyTo(result.AsSpan());
        return result;
    }

    /// <summary>One index counts elements in row-major order; several are one for each dimension.</summary>
    public T this[params long[] indices]
    {
        get => *Address(indices);
        set => *Address(indices) = value;
    }

    public void CopyTo(T[] array, int arrayIndex = 0, long tensorIndex = 0) => CopyTo(array.AsSpan(), arrayIndex, tensorIndex);

    public void CopyTo(Span<T> array, int arrayIndex = 0, long tensorIndex = 0)
    {
        var source = _tensor.is_contiguous() ? _tensor : _tensor.contiguous();
        var target = array[arrayIndex..];
        var count = (int)Math.Min(source.numel() - tensorIndex, target.Length);
        new ReadOnlySpan<T>((T*)NativeMethods.THSTensor_data(source.Handle) + tensorIndex, count).CopyTo(target);
        if (!ReferenceEquals(source, _tensor)) source.Dispose();
        GC.KeepAlive(_tensor);
    }

    public void CopyFrom(T[] array, int arrayIndex = 0, long tensorIndex = 0) => CopyFrom(array.AsSpan(), arrayIndex, tensorIndex);

    public void CopyFrom(ReadOnlySpan<T> array, int arrayIndex = 0, long tensorIndex = 0)
    {
        var source = array[arrayIndex..];
        var count = (int)Math.Min(Count - tensorIndex, source.Length);
        if (_tensor.is_contiguous())
            source[..count].CopyTo(new Span<T>((T*)NativeMethods.THSTensor_data(_tensor.Handle) + tensorIndex, count));
        else
            for (var i = 0; i < count; i++) this[tensorIndex + i] = source[i];
        GC.KeepAlive(_tensor);
    }

    public IEnumerator<T> GetEnumerator() => ((IEnumerable<T>)ToArray()).GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    public void Dispose()
    {
    }

    T* Address(long[] indices)
    {
        var shape = _tensor.shape;
        var strides = _tensor.stride();
        long offset = 0;
        if (indices.Length == 1)
        {
            var rest = indices[0];
            if (rest < 0 || rest >= Count) throw new IndexOutOfRangeException();
            for (var d = shape.Length - 1; d >= 0; d--)
            {
                offset += rest % shape[d] * strides[d];
                rest /= shape[d];
            }
        }
        else
        {
            for (var d = 0; d < shape.Length; d++)
            {
                if (indices[d] < 0 || indices[d] >= shape[d]) throw new IndexOutOfRangeException($"{indices[d]} >= {shape[d]} in dimension {d}.");
                offset += indices[d] * strides[d];
            }
        }
        return (T*)NativeMethods.THSTensor_data(_tensor.Handle) + offset;
    }
}
