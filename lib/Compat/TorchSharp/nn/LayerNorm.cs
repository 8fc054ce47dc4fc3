// Normalisation over the last dimensions.

using TorchSharp.Modules;

namespace TorchSharp
{
    namespace Modules
    {
        public sealed class LayerNorm : torch.nn.Module<torch.Tensor, torch.Tensor>
        {
            internal LayerNorm(long[] normalized_shape, double eps, bool elementwise_affine, bool bias, torch.Device? device, torch.ScalarType? dtype) : base(nameof(LayerNorm))
            {
                this.normalized_shape = normalized_shape;
                this.eps = eps;
                this.elementwise_affine = elementwise_affine;
                if (!elementwise_affine) return;
                register_parameter("weight", Kept(torch.ones(normalized_shape, dtype, device)));
                if (bias) register_parameter("bias", Kept(torch.zeros(normalized_shape, dtype, device)));
            }

            public long[] normalized_shape { get; set; }

            public double eps { get; set; }

            public bool elementwise_affine { get; set; }

            public Parameter weight
            {
                get => Own("weight")!;
                set => _internal_params["weight"] = value;
            }

            public Parameter? bias
            {
                get => Own("bias");
                set
                {
                    if (value is null) _internal_params.Remove("bias");
                    else _internal_params["bias"] = value;
                }
            }

            public override torch.Tensor forward(torch.Tensor tensor) => torch.nn.functional.layer_norm(tensor, normalized_shape, Own("weight"), Own("bias"), eps);

            Parameter? Own(string name) => _internal_params.TryGetValue(name, out var value) ? value : null;

            static Parameter Kept(torch.Tensor tensor) => (Parameter)new Parameter(tensor).DetachFromDisposeScope();
        }
    }

    public static partial class torch
    {
        public static partial class nn
        {
            public static LayerNorm LayerNorm(long[] normalized_shape, double eps = 1e-05, bool elementwise_affine = true, bool bias = true, Device? device = null, ScalarType? dtype = null) =>
                new(normalized_shape, eps, elementwise_affine, bias, device, dtype);

            public static LayerNorm LayerNorm(long normalized_shape, double eps = 1e-05, bool elementwise_affine = true, bool bias = true, Device? device = null, ScalarType? dtype = null) =>
                new([normalized_shape], eps, elementwise_affine, bias, device, dtype);
        }
    }
}
