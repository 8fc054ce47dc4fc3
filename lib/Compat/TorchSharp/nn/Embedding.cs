// A table of vectors, looked up by integer.

using TorchSharp.Modules;

namespace TorchSharp
{
    namespace Modules
    {
        public sealed class Embedding : torch.nn.Module<torch.Tensor, torch.Tensor>
        {
            internal Embedding(long count, long width, torch.Device? device, torch.ScalarType? dtype) : base(nameof(Embedding))
            {
                var table = new Parameter(torch.empty([count, width], dtype, device));
                torch.nn.init.normal_(table);
                register_parameter("weight", (Parameter)table.DetachFromDisposeScope());
            }

            /// <summary>A new handle on the table each time it is read, as in TorchSharp; the registered one is in named_parameters().</summary>
            public Parameter? weight
            {
                get => new(Native.NativeMethods.ct_alias(_internal_params["weight"].Handle));
                set => _internal_params["weight"] = value ?? throw new ArgumentNullException(nameof(value));
            }

            public override torch.Tensor forward(torch.Tensor input) => Ops.embedding.Call(_internal_params["weight"], input);
        }
    }

    public static partial class torch
    {
        public static partial class nn
        {
            public static Embedding Embedding(long num_embeddings, long embedding_dims, long? padding_idx = null, double? max_norm = null, double norm_type = 2.0, bool scale_grad_by_freq = false, bool sparse = false, Device? device = null, ScalarType? dtype = null)
            {
                if (padding_idx is not null || max_norm is not null || scale_grad_by_freq || sparse)
                    throw new NotSupportedException("Embedding with padding_idx, max_norm, scale_grad_by_freq or sparse is not part of this assembly.");
                return new(num_embeddings, embedding_dims, device, dtype);
            }
        }
    }
}
