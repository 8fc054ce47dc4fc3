// y = x W^T + b.

using TorchSharp.Modules;

namespace TorchSharp
{
    namespace Modules
    {
        public sealed class Linear : torch.nn.Module<torch.Tensor, torch.Tensor>
        {
            internal Linear(long inputSize, long outputSize, bool hasBias, torch.Device? device, torch.ScalarType? dtype) : base(nameof(Linear))
            {
                in_features = inputSize;
                out_features = outputSize;
                // Uniform in +-1/sqrt(inputs): what Kaiming's rule with a = sqrt 5 comes to.
                var bound = inputSize > 0 ? 1 / Math.Sqrt(inputSize) : 0;
                register_parameter("weight", Fresh([outputSize, inputSize], bound, device, dtype));
                if (hasBias) register_parameter("bias", Fresh([outputSize], bound, device, dtype));
            }

            public long in_features { get; set; }

            public long out_features { get; set; }

            public Parameter weight
            {
                get => _internal_params["weight"];
                set => _internal_params["weight"] = value;
            }

            public Parameter? bias
            {
                get => _internal_params.TryGetValue("bias", out var value) ? value : null;
                set
                {
                    if (value is null) _internal_params.Remove("bias");
                    else _internal_params["bias"] = value;
                }
            }

            public override torch.Tensor forward(torch.Tensor tensor) => torch.nn.functional.linear(tensor, weight, bias);

            static Parameter Fresh(long[] shape, double bound, torch.Device? device, torch.ScalarType? dtype)
            {
                var parameter = new Parameter(torch.empty(shape, dtype, device));
                torch.nn.init.uniform_(parameter, -bound, bound);
                return (Parameter)parameter.DetachFromDisposeScope();
            }
        }
    }

    public static partial class torch
    {
        public static partial class nn
        {
            public static Linear Linear(long inputSize, long outputSize, bool hasBias = true, Device? device = null, ScalarType? dtype = null) =>
                new(inputSize, outputSize, hasBias, device, dtype);
        }
    }
}
