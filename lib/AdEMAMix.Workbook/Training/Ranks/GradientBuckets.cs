using TorchSharp.Modules;
using static TorchSharp.torch;

namespace AdEMAMix.Workbook;

/// <summary>Adds up gradients over ranks, many tensors in one message, and copies one bucket while others are under way.</summary>
sealed class GradientBuckets : IDisposable
{
    // What PyTorch's DistributedDataParallel takes: large enough that latency does not matter, small enough to overlap.
    const long BucketBytes = 25 << 20;

    readonly RankGroup ranks;
    readonly List<Bucket> buckets = [];

    /// <summary>Buckets for a model's parameters; their memory is taken once.</summary>
    public GradientBuckets(RankGroup ranks, IEnumerable<Parameter> parameters)
    {
        this.ranks = ranks;
        List<Parameter> open = [];
        foreach (var parameter in parameters)
        {
            if (open.Count > 0 && (parameter.dtype != open[0].dtype || Bytes(open) + parameter.numel() * parameter.ElementSize > BucketBytes)) Close();
            open.Add(parameter);
        }
        if (open.Count > 0) Close();

        void Close()
        {
            buckets.Add(new Bucket([.. open], empty(open.Sum(p => p.numel()), dtype: open[0].dtype, device: open[0].device).DetachFromDisposeScope()));
            open.Clear();
        }
    }

    /// <summary>Replaces every gradient by its sum over the ranks: the same bits on each.</summary>
    public void Add()
    {
        using var frozen = no_grad();
        using var scope = NewDisposeScope();
        // The last layers' gradients are in the last buckets; no hook tells when one is ready, so the order does not matter.
        var underWay = new List<(Bucket Bucket, RankGroup.Pending Sum)>();
        foreach (var bucket in buckets)
        {
            bucket.Visit((flat, gradient) => flat.copy_(gradient.reshape(-1)));
            underWay.Add((bucket, ranks.BeginAdd(bucket.Flat)));
        }
        foreach (var (bucket, sum) in underWay)
        {
            sum.Wait();
            bucket.Visit((flat, gradient) => gradient.copy_(flat.view(gradient.shape)));
        }
    }

    /// <inheritdoc/>
    public void Dispose() => buckets.ForEach(bucket => bucket.Flat.Dispose());

    static long Bytes(List<Parameter> parameters) => parameters.Sum(p => p.numel() * p.ElementSize);

    sealed record Bucket(IReadOnlyList<Parameter> Parameters, Tensor Flat)
    {
        public void Visit(Action<Tensor, Tensor> visit)
        {
            var start = 0L;
            foreach (var parameter in Parameters)
            {
                using var scope = NewDisposeScope();
                visit(Flat.narrow(0, start, parameter.numel()), parameter.grad!);
                start += parameter.numel();
            }
        }
    }
}
