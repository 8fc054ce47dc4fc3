// Views, copies and joins.

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public Tensor view(params long[] shape) => Ops.view.Call(this, shape);
        public Tensor reshape(params long[] shape) => Ops.reshape.Call(this, shape);
        public Tensor flatten(long start_dim = 0, long end_dim = -1) => Ops.flatten.Call(this, start_dim, end_dim);
        public Tensor transpose(long dim0, long dim1) => Ops.transpose.Call(this, dim0, dim1);
        public Tensor permute(params long[] permutation) => Ops.permute.Call(this, permutation);
        public Tensor t() => Ops.t.Call(this);
        public Tensor unsqueeze(long dim) => Ops.unsqueeze.Call(this, dim);
        public Tensor squeeze(long? dim = null) => dim is { } d ? Ops.squeeze_dim.Call(this, d) : Ops.squeeze.Call(this);
        public Tensor expand(params long[] sizes) => Ops.expand.Call(this, sizes);
        public Tensor select(long dim, long index) => Ops.select.Call(this, dim, index);
        public Tensor slice(long dim, long start, long finish, long step) => Ops.slice.Call(this, dim, start, finish, step);
        public Tensor narrow(long dim, long start, long length) => Ops.narrow.Call(this, dim, start, length);
        public Tensor[] chunk(long chunks, long dim = 0L) => Ops.chunk.CallMany(this, chunks, dim);
        public Tensor[] split(long size, int dim = 0) => Ops.split.CallMany(this, size, dim);
        public Tensor[] unbind(long dimension = 0L) => Ops.unbind.CallMany(this, dimension);
        public Tensor index_select(long dim, Tensor index) => Ops.index_select.Call(this, dim, index);
        public Tensor tril(long diagonal = 0) => Ops.tril.Call(this, diagonal);
        public Tensor triu(long diagonal = 0) => Ops.triu.Call(this, diagonal);
        public Tensor contiguous() => Ops.contiguous.Call(this);

        public Tensor to_sparse() => Ops.to_sparse.Call(this);
        public Tensor clone() => Ops.clone.Call(this);

        public Tensor copy_(Tensor source, bool nonBlocking = false)
        {
            Ops.copy_.Run(this, source, nonBlocking);
            return this;
        }

        public Tensor zero_() => Ops.zero_.Call(this);

        public Tensor fill_(Scalar value)
        {
            Ops.fill_.Run(this, value);
            return this;
        }

        public Tensor cpu() => to(DeviceType.CPU);
        public Tensor cuda(Device? device = null, bool non_blocking = false) => to(Present(device ?? CUDA), non_blocking: non_blocking);

        public Tensor to(ScalarType type, bool copy = false, bool disposeAfter = false, bool non_blocking = false) =>
            After(Ops.to_dtype.Call(this, type, non_blocking, copy), disposeAfter);

        public Tensor to(DeviceType deviceType, int deviceIndex = -1, bool copy = false, bool disposeAfter = false, bool non_blocking = false) =>
            to(new Device(deviceType, deviceIndex), copy, disposeAfter, non_blocking);

        public Tensor to(Device device, bool copy = false, bool disposeAfter = false, bool non_blocking = false) =>
            to(dtype, device, copy, disposeAfter, non_blocking);

        public Tensor to(ScalarType type, Device device, bool copy = false, bool disposeAfter = false, bool non_blocking = false) =>
            After(Ops.to_device.Call(this, Place(device), type, non_blocking, copy), disposeAfter);

        public Tensor to_type(ScalarType type, bool copy = false, bool disposeAfter = false, bool non_blocking = false) =>
            to(type, copy, disposeAfter, non_blocking);

        public Tensor type_as(Tensor tensor) => to(tensor.dtype);

        Tensor After(Tensor result, bool disposeAfter)
        {
            if (disposeAfter) Dispose();
            return result;
        }
    }

    /// <summary>CUDA without an index is the first device, as "cuda" is where nobody chose another.</summary>
    static Device Place(Device device) => device.type == DeviceType.CUDA && device.index < 0 ? new Device(DeviceType.CUDA, 0) : device;

    public static Tensor cat(Tensor[] tensors, long dim = 0) => Ops.cat.Call(tensors, dim);
    public static Tensor cat(IList<Tensor> tensors, long dim = 0) => Ops.cat.Call(tensors.ToArray(), dim);
    public static Tensor stack(IEnumerable<Tensor> tensors, long dim = 0) => Ops.stack.Call(tensors.ToArray(), dim);
}
