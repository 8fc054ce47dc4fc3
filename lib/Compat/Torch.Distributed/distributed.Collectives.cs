// What the ranks do together.

using TorchSharp.Distributed.Native;
using static TorchSharp.torch;

namespace TorchSharp;

public static partial class distributed
{
    /// <summary>Replaces the tensor on every rank by the reduction of all ranks' tensors; the result is bitwise the same on all.</summary>
    /// <param name="tensor">Contiguous. Gloo adds float16, float32, float64, uint8, int8, int32 and int64.</param>
    /// <param name="op">The reduction.</param>
    /// <param name="async_op">Return the work at once instead of waiting for it.</param>
    /// <returns>The work if <paramref name="async_op"/>, else null.</returns>
    public static Work? all_reduce(Tensor tensor, ReduceOp op = ReduceOp.SUM, bool async_op = false)
    {
        Check(tensor);
        if (!Enum.IsDefined(op)) throw new ArgumentOutOfRangeException(nameof(op), op, "not a reduction");
        if (op == ReduceOp.AVG && !is_floating_point(tensor.dtype)) throw new ArgumentException($"the mean of {tensor.dtype} tensors is not of that type: reduce with SUM", nameof(op));
        return Do("all_reduce", Bytes(tensor), group => NativeMethods.cd_all_reduce(group, tensor.Handle, (int)op), async_op, tensor);
    }

    /// <summary>Replaces the tensor on every rank by that of one.</summary>
    /// <param name="tensor">Contiguous, of any type.</param>
    /// <param name="src">The rank whose tensor it is.</param>
    /// <param name="async_op">Return the work at once instead of waiting for it.</param>
    /// <returns>The work if <paramref name="async_op"/>, else null.</returns>
    public static Work? broadcast(Tensor tensor, int src, bool async_op = false)
    {
        Check(tensor);
        if (src < 0 || src >= get_world_size()) throw new ArgumentOutOfRangeException(nameof(src), src, FormattableString.Invariant($"a rank is a number from 0 to {get_world_size() - 1}"));
        return Do("broadcast", Bytes(tensor), group => NativeMethods.cd_broadcast(group, tensor.Handle, src), async_op, tensor);
    }

    /// <summary>Collects every rank's tensor on every rank.</summary>
    /// <param name="tensor_list">One contiguous tensor for each rank, of the shape and type of <paramref name="tensor"/>; overwritten.</param>
    /// <param name="tensor">This rank's.</param>
    /// <param name="async_op">Return the work at once instead of waiting for it.</param>
    /// <returns>The work if <paramref name="async_op"/>, else null.</returns>
    public static unsafe Work? all_gather(IReadOnlyList<Tensor> tensor_list, Tensor tensor, bool async_op = false)
    {
        ArgumentNullException.ThrowIfNull(tensor_list);
        Check(tensor);
        if (tensor_list.Count != get_world_size()) throw new ArgumentException(FormattableString.Invariant($"{tensor_list.Count} tensors to gather into, but {get_world_size()} ranks: give one for each rank"), nameof(tensor_list));
        foreach (var output in tensor_list)
        {
            Check(output);
            if (output.dtype != tensor.dtype || !output.shape.SequenceEqual(tensor.shape))
                throw new ArgumentException($"a tensor to gather into is {output.dtype} [{string.Join(", ", output.shape)}], the one to give is {tensor.dtype} [{string.Join(", ", tensor.shape)}]: make them alike", nameof(tensor_list));
        }
        var handles = tensor_list.Select(output => output.Handle).ToArray();
        return Do("all_gather", Bytes(tensor), group =>
        {
            fixed (nint* outputs = handles) return NativeMethods.cd_all_gather(group, outputs, tensor.Handle);
        }, async_op, (tensor_list, tensor));
    }

    /// <summary>Collects every rank's tensor, in the order of the ranks, in one.</summary>
    /// <param name="output_tensor">Contiguous, with as many elements as all ranks' together; overwritten. May hold <paramref name="input_tensor"/> in its place.</param>
    /// <param name="input_tensor">This rank's part; contiguous.</param>
    /// <param name="async_op">Return the work at once instead of waiting for it.</param>
    /// <returns>The work if <paramref name="async_op"/>, else null.</returns>
    public static Work? all_gather_into_tensor(Tensor output_tensor, Tensor input_tensor, bool async_op = false)
    {
        Check(output_tensor);
        Check(input_tensor);
        if (output_tensor.dtype != input_tensor.dtype || output_tensor.NumberOfElements != input_tensor.NumberOfElements * get_world_size())
            throw new ArgumentException(FormattableString.Invariant($"the tensor to gather into is {output_tensor.dtype} with {output_tensor.NumberOfElements} elements: make it {input_tensor.dtype} with {input_tensor.NumberOfElements} for each of {get_world_size()} ranks"), nameof(output_tensor));
        return Do("all_gather", Bytes(input_tensor), group => NativeMethods.cd_all_gather_into(group, output_tensor.Handle, input_tensor.Handle), async_op, (output_tensor, input_tensor));
    }

    /// <summary>Returns when every rank has called it. A rank that does not within the timeout is named, as monitored_barrier does.</summary>
    /// <param name="async_op">Return the work at once instead of waiting for it.</param>
    /// <returns>The work if <paramref name="async_op"/>, else null.</returns>
    public static Work? barrier(bool async_op = false) => Do("barrier", 0, NativeMethods.cd_barrier, async_op, null);

    static Work? Do(string what, long bytes, Func<nint, nint> start, bool asynchronous, object? tensors)
    {
        var work = Group.Begin(what, bytes, start);
        // From here on c10d holds them itself.
        GC.KeepAlive(tensors);
        if (asynchronous) return work;
        work.wait();
        return null;
    }

    static long Bytes(Tensor tensor) => tensor.NumberOfElements * tensor.ElementSize;

    static void Check(Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        if (tensor.NumberOfElements == 0) throw new ArgumentException("the tensor has no elements: leave it out on every rank", nameof(tensor));
        if (!tensor.is_contiguous()) throw new ArgumentException($"the tensor of shape [{string.Join(", ", tensor.shape)}] is not contiguous: give tensor.contiguous()", nameof(tensor));
    }
}
