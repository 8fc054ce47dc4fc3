// A handle to a libtorch tensor: its lifetime and its facts.

using TorchSharp.Native;

namespace TorchSharp;

public static partial class torch
{
    public unsafe partial class Tensor : IDisposable
    {
        internal nint handle;
        static long s_totalCount;

        internal DisposeScope? OwningDisposeScope { get; set; }

        internal Tensor(nint handle, bool register = true)
        {
            this.handle = handle;
            Interlocked.Increment(ref s_totalCount);
            if (register) OwningDisposeScope = DisposeScope.Adopt(this);
        }

        ~Tensor() => Dispose(false);

        public void Dispose()
        {
            Dispose(true);
            GC.SuppressFinalize(this);
        }

        protected virtual void Dispose(bool disposing)
        {
            if (handle == 0) return;
            // A tensor that a live scope owns is reachable from it, so the finalizer only ever meets ended scopes.
            if (disposing) OwningDisposeScope?.MarkAsDisposed(this);
            Interlocked.Decrement(ref s_totalCount);
            NativeMethods.ct_free(handle);
            handle = 0;
        }

        public IntPtr Handle => handle != 0 ? handle : throw new InvalidOperationException("Tensor invalid -- empty handle.");

        internal nint MoveHandle()
        {
            var moved = handle;
            handle = 0;
            return moved;
        }

        /// <summary>How many handles live in this process.</summary>
        public static long TotalCount => s_totalCount;

        public bool IsInvalid => handle == 0;

        public string? name { get; set; }

        public Tensor MoveToOuterDisposeScope()
        {
            OwningDisposeScope?.MoveToOuter(this);
            return this;
        }

        public Tensor DetachFromDisposeScope()
        {
            OwningDisposeScope?.Detach(this);
            return this;
        }

        Facts Facts
        {
            get
            {
                Facts facts;
                NativeMethods.Check(NativeMethods.ct_facts(Handle, &facts));
                return facts;
            }
        }

        public long dim() => Facts.Dimensions;
        public long ndim => Facts.Dimensions;
        public long Dimensions => Facts.Dimensions;
        public long NumberOfElements => Facts.Numel;
        public long numel() => Facts.Numel;
        public long ElementSize => Facts.ElementSize;
        public long element_size() => Facts.ElementSize;
        public long storage_offset() => Facts.Offset;
        public ScalarType dtype => (ScalarType)Facts.Dtype;
        public DeviceType device_type => (DeviceType)Facts.DeviceType;
        public int device_index => Facts.DeviceIndex;
        public bool is_cuda => device_type == DeviceType.CUDA;
        public bool is_sparse => Facts.IsSparse != 0;
        public bool is_leaf => Facts.IsLeaf != 0;
        public bool is_contiguous() => Facts.IsContiguous != 0;
        public bool is_floating_point() => torch.is_floating_point(dtype);
        public bool is_complex() => torch.is_complex(dtype);

        public Device device
        {
            get
            {
                var facts = Facts;
                return facts.DeviceType == (int)DeviceType.CPU ? CPU : new Device((DeviceType)facts.DeviceType, facts.DeviceIndex);
            }
        }

        public long[] shape
        {
            get
            {
                var facts = Facts;
                var sizes = new ReadOnlySpan<long>(facts.Sizes, (int)facts.Dimensions).ToArray();
                GC.KeepAlive(this);
                return sizes;
            }
        }

        public long size(int dim)
        {
            var facts = Facts;
            var value = facts.Sizes[dim < 0 ? dim + facts.Dimensions : dim];
            GC.KeepAlive(this);
            return value;
        }

        public long[] stride()
        {
            var facts = Facts;
            var strides = new ReadOnlySpan<long>(facts.Strides, (int)facts.Dimensions).ToArray();
            GC.KeepAlive(this);
            return strides;
        }

        /// <summary>A second handle on the same tensor.</summary>
        public Tensor alias() => new(NativeMethods.ct_alias(Handle));

        public override string ToString() => $"[{string.Join("x", shape)}], type = {dtype}, device = {device}";
    }
}
