// Indexing as in Python: t[0], t[0, 1], t[.., 1], t[1..3], t[mask].

using System.Runtime.CompilerServices;
using TorchSharp.Native;

namespace TorchSharp;

public static partial class torch
{
    public struct TensorIndex
    {
        enum Kind { None, Null, Ellipsis, Single, Slice, Tensor }

        Kind _kind;
        long? _start, _stop, _step;
        Tensor? _tensor;

        /// <summary>The rest of the dimensions, as many as there are.</summary>
        public static TensorIndex Ellipsis = new() { _kind = Kind.Ellipsis };

        /// <summary>A new dimension of size one.</summary>
        public static TensorIndex Null = new() { _kind = Kind.Null };

        public static TensorIndex None = new() { _kind = Kind.Null };

        /// <summary>A whole dimension.</summary>
        public static TensorIndex Colon = Slice();

        public static TensorIndex Slice(long? start = null, long? stop = null, long? step = null) =>
            new() { _kind = Kind.Slice, _start = start, _stop = stop, _step = step };

        public static TensorIndex Slice(Range range) => Slice(Bound(range.Start, false), Bound(range.End, true));

        public static TensorIndex Single(long? index) => new() { _kind = Kind.Single, _start = index };

        public static TensorIndex Tensor(Tensor tensor) => new() { _kind = Kind.Tensor, _tensor = tensor };

        public static implicit operator TensorIndex(long value) => Single(value);

        public static implicit operator TensorIndex(Range range) => Slice(range);

        public static implicit operator TensorIndex(Index index) => Single(index.IsFromEnd ? -index.Value : index.Value);

        static long? Bound(Index index, bool end) => !index.IsFromEnd ? index.Value : index.Value > 0 ? -index.Value : end ? null : long.MaxValue;

        /// <summary>The part of <paramref name="whole"/> that the indices choose: a view, unless one of them is a tensor.</summary>
        internal static Tensor Chosen(Tensor whole, TensorIndex[] indices)
        {
            using var scope = NewDisposeScope();
            var (view, tensors) = Viewed(whole, indices);
            return (tensors is null ? view : Ops.index.Call(view, tensors!)).MoveToOuterDisposeScope();
        }

        internal static void Put(Tensor whole, Tensor value, TensorIndex[] indices, bool accumulate)
        {
            using var scope = NewDisposeScope();
            var (view, tensors) = Viewed(whole, indices);
            if (tensors is not null) Ops.index_put_.Run(view, tensors!, value, accumulate);
            else if (accumulate) view.add_(value);
            else view.copy_(value.to(view.dtype, view.device));
        }

        /// <summary>Applies everything but tensors; those come back by the dimension of the view that each is for.</summary>
        static (Tensor View, Tensor?[]? Tensors) Viewed(Tensor whole, TensorIndex[] indices)
        {
            var view = whole.alias();
            var taken = indices.Sum(i => i._kind switch
            {
                Kind.Null or Kind.Ellipsis => 0,
                Kind.Tensor when i._tensor!.dtype == ScalarType.Bool => i._tensor.dim(),
                _ => 1,
            });
            List<Tensor?>? tensors = null;
            var dimension = 0;
            foreach (var index in indices)
                switch (index._kind)
                {
                    case Kind.Ellipsis:
                        dimension += (int)(whole.dim() - taken);
                        break;
                    case Kind.Null:
                        view = view.unsqueeze(dimension++);
                        break;
                    case Kind.Single:
                        view = view.select(dimension, index._start!.Value);
                        break;
                    case Kind.Slice:
                        view = Ops.slice.Call(view, dimension++, Optional(index._start), Optional(index._stop), index._step ?? 1);
                        break;
                    case Kind.Tensor:
                        tensors ??= [];
                        while (tensors.Count < dimension) tensors.Add(null);
                        tensors.Add(index._tensor);
                        dimension += index._tensor!.dtype == ScalarType.Bool ? (int)index._tensor.dim() : 1;
                        break;
                    default:
                        throw new ArgumentException("An index of a tensor is empty.");
                }
            return (view, tensors?.ToArray());
        }

        static Argument Optional(long? value) => value is { } v ? v : Argument.None;
    }

    public partial class Tensor
    {
        [IndexerName("TensorItems")]
        public Tensor this[params TensorIndex[] indices]
        {
            get => index(indices);
            set => index_put_(value, indices);
        }

        [IndexerName("TensorItems")]
        public Tensor this[params Tensor[] indices]
        {
            get => index(Indices(indices));
            set => index_put_(value, Indices(indices));
        }

        [IndexerName("TensorItems")]
        public Tensor this[long i1]
        {
            get => select(0, i1);
            set => index_put_(value, i1);
        }

        [IndexerName("TensorItems")]
        public Tensor this[long i1, long i2]
        {
            get => index(i1, i2);
            set => index_put_(value, i1, i2);
        }

        [IndexerName("TensorItems")]
        public Tensor this[long i1, long i2, long i3]
        {
            get => index(i1, i2, i3);
            set => index_put_(value, i1, i2, i3);
        }

        public Tensor index(params TensorIndex[] indices) => TensorIndex.Chosen(this, indices);

        public Tensor index_put_(Tensor value, params TensorIndex[] indices) => index_put_(value, indices, false);

        public Tensor index_put_(Tensor value, TensorIndex[] indices, bool accumulate = false)
        {
            TensorIndex.Put(this, value, indices, accumulate);
            return this;
        }

        static TensorIndex[] Indices(Tensor[] tensors) => Array.ConvertAll(tensors, TensorIndex.Tensor);
    }
}
