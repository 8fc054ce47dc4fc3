// Filling parameters before training.

namespace TorchSharp;

public static partial class torch
{
    public static partial class nn
    {
        public static partial class init
        {
            public static Tensor normal_(Tensor tensor, double mean = 0, double std = 1, Generator? generator = null) => Filled(tensor, generator, () => Ops.normal_.Run(tensor, mean, std));

            public static Tensor uniform_(Tensor tensor, double low = 0, double high = 1, Generator? generator = null) => Filled(tensor, generator, () => Ops.uniform_.Run(tensor, low, high));

            public static Tensor constant_(Tensor tensor, Scalar val) => Filled(tensor, null, () => Ops.fill_.Run(tensor, val));

            public static Tensor ones_(Tensor tensor) => constant_(tensor, 1);

            public static Tensor zeros_(Tensor tensor) => constant_(tensor, 0);

            static Tensor Filled(Tensor tensor, Generator? generator, Action fill)
            {
                if (generator is not null) throw new NotSupportedException("TorchSharp ignores the generator of torch.nn.init: use the tensor's own normal_ or uniform_ under no_grad.");
                using var noGrad = no_grad();
                fill();
                return tensor;
            }
        }

        public static partial class utils
        {
            /// <summary>Scales the gradients in place so that their joint norm is at most <paramref name="max_norm"/>; returns the norm before.</summary>
            public static double clip_grad_norm_(IEnumerable<Modules.Parameter> tensors, double max_norm, double norm_type = 2.0)
            {
                using var noGrad = no_grad();
                using var scope = NewDisposeScope();
                var gradients = tensors.Select(p => p.grad).OfType<Tensor>().ToList();
                if (gradients.Count == 0) return 0;
                var norms = gradients.ConvertAll(g => Ops.norm.Call(g, norm_type));
                var total = norms.Count == 1 ? norms[0] : Ops.norm.Call(stack(norms), norm_type);
                // In the gradients' own precision and clamped rather than compared, so that bits equal libtorch's clip_grad_norm_.
                var factor = (max_norm / (total + 1e-6)).clamp(max: 1.0);
                if (gradients[0].is_cuda || factor.ToDouble() != 1)
                    foreach (var gradient in gradients) gradient.mul_(factor);
                return total.ToDouble();
            }
        }
    }
}
