// Gradients of a tensor.

using TorchSharp.Native;

namespace TorchSharp;

public static partial class torch
{
    public partial class Tensor
    {
        public bool requires_grad
        {
            get => Facts.RequiresGrad != 0;
            set => NativeMethods.Check(NativeMethods.ct_set_requires_grad(Handle, value ? 1 : 0));
        }

        public Tensor requires_grad_(bool requires_grad = true)
        {
            this.requires_grad = requires_grad;
            return this;
        }

        public Tensor with_requires_grad(bool requires_grad = true) => requires_grad_(requires_grad);

        /// <summary>A new handle on the gradient each time it is read; null where there is none.</summary>
        public Tensor? grad
        {
            get
            {
                var gradient = NativeMethods.ct_grad(Handle);
                GC.KeepAlive(this);
                return gradient == 0 ? null : new Tensor(gradient);
            }
            set
            {
                NativeMethods.Check(NativeMethods.ct_set_grad(Handle, value?.Handle ?? 0));
                GC.KeepAlive(value);
            }
        }

        public void backward(IList<Tensor>? grad_tensors = null, bool retain_graph = false, bool create_graph = false, IList<Tensor>? inputs = null)
        {
            if (inputs is not null) throw new NotSupportedException("backward(inputs: ...) is not part of this assembly.");
            NativeMethods.Check(NativeMethods.ct_backward(Handle, grad_tensors?[0].Handle ?? 0, retain_graph ? 1 : 0, create_graph ? 1 : 0));
            GC.KeepAlive(grad_tensors);
            GC.KeepAlive(this);
        }

        public Tensor detach() => Ops.detach.Call(this);
    }

    public static IDisposable no_grad() => new GradMode(false);
    public static IDisposable enable_grad(bool enabled = true) => new GradMode(enabled);
    public static IDisposable set_grad_enabled(bool mode = true) => new GradMode(mode);
    public static bool is_grad_enabled() => NativeMethods.ct_grad_enabled() != 0;

    /// <summary>Sets the thread's grad mode and restores the old one.</summary>
    sealed class GradMode : IDisposable
    {
        readonly bool _before = is_grad_enabled();

        internal GradMode(bool enabled) => NativeMethods.ct_set_grad_enabled(enabled ? 1 : 0);

        public void Dispose() => NativeMethods.ct_set_grad_enabled(_before ? 1 : 0);
    }
}
