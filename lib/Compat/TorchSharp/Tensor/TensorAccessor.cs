// Element-wise access to a tensor's values, strides respected.

using System.Collections;
using System.Runtime.InteropServices;
using TorchSharp.Native;

namespace TorchSharp.Utils;

public sealed unsafe class TensorAccessor<T> : IDisposable, IEnumerable<T> where T : unmanaged
{
    readonly torch.Tensor _tensor;

    internal TensorAccessor(torch.Tensor tensor) => _tensor = tensor;

    public long Count => _tensor.numel();

    public T[] ToArray()
    {
        var result = new T[Count];
        CopyTo(result.AsSpan());
        return result;
    }

    public T this[params long[] indices]
    {
        get => *Address(indices);
        set => *Address(indices) = value;
    }

    public void CopyTo(T[] array, int arrayIndex = 0, long tensorIndex = 0) => CopyTo(array.AsSpan(), arrayIndex, tensorIndex);

    public void CopyTo(Span<T> array, int arrayIndex = 0, long tensorIndex = 0)
    {
        var source = _tensor.is_contiguous() ? _tensor : _tensor.contiguous();
        var count = (int)(source.numel() - tensorIndex);
        new ReadOnlySpan<T>((T*)NativeMethods.THSTensor_data(source.Handle) + tensorIndex, count).CopyTo(array[arrayIndex..]);
        if (!ReferenceEquals(source, _tensor)) source.Dispose();
        GC.KeepAlive(_tensor);
    }

    public void CopyFrom(T[] array, int arrayIndex = 0, long tensorIndex = 0) => CopyFrom(array.AsSpan(), arrayIndex, tensorIndex);

    public void CopyFrom(ReadOnlySpan<T> array, int arrayIndex = 0, long tensorIndex = 0)
    {
        var target = MemoryMarshal.Cast<byte, T>(_tensor.bytes)[(int)tensorIndex..];
        var part = array[arrayIndex..];
        if (part.Length > target.Length) part = part[..target.Length];
        part.CopyTo(target);
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
        if (indices.Length == 1 && shape.Length != 1)
        {
            // One index into a tensor of other dimensions counts its elements in row-major order.
            var rest = indices[0];
            for (var d = shape.Length - 1; d >= 0; d--)
            {
                offset += rest % shape[d] * strides[d];
                rest /= shape[d];
            }
        }
        else
        {
            for (var d = 0; d < indices.Length; d++) offset += indices[d] * strides[d];
        }
        return (T*)NativeMethods.THSTensor_data(_tensor.Handle) + offset;
    }
}
