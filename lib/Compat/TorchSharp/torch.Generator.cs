// Sources of random numbers: the process's own, and independent ones with a seed of their own.

using TorchSharp.Native;

namespace TorchSharp;

public static partial class torch
{
    public class Generator : IDisposable
    {
        public Generator(ulong seed = 0, Device? device = null) : this(Made(seed, device))
        {
        }

        Generator(nint handle) => Handle = handle;

        ~Generator() => Dispose(false);

        public IntPtr Handle { get; private set; }

        public Device device => CPU;

        /// <summary>libtorch's own generator, which random operators use unless another is given; a new handle on it each time.</summary>
        public static Generator Default => new(NativeMethods.ct_default_generator());

        public Generator manual_seed(long seed)
        {
            NativeMethods.Check(NativeMethods.ct_generator_seed(Handle, seed));
            return this;
        }

        public long initial_seed() => NativeMethods.ct_generator_initial_seed(Handle);

        public Tensor get_state()
        {
            var state = NativeMethods.ct_generator_state(Handle);
            if (state == 0) NativeMethods.Throw();
            return new Tensor(state);
        }

        public void set_state(Tensor value)
        {
            NativeMethods.Check(NativeMethods.ct_generator_set_state(Handle, value.Handle));
            GC.KeepAlive(value);
        }

        public void Dispose()
        {
            Dispose(true);
            GC.SuppressFinalize(this);
        }

        protected virtual void Dispose(bool disposing)
        {
            if (Handle == 0) return;
            NativeMethods.ct_generator_free(Handle);
            Handle = 0;
        }

        static nint Made(ulong seed, Device? device)
        {
            if (device is not null && device.type != DeviceType.CPU) throw new NotSupportedException("A Generator on another device than the CPU is not part of this assembly.");
            var handle = NativeMethods.ct_generator(seed);
            if (handle == 0) NativeMethods.Throw();
            return handle;
        }
    }

    public static Generator manual_seed(long seed) => random.manual_seed(seed);
    public static Tensor get_rng_state() => random.get_rng_state();
    public static void set_rng_state(Tensor new_state) => random.set_rng_state(new_state);

    public static partial class random
    {
        public static Generator manual_seed(long seed)
        {
            NativeMethods.Check(NativeMethods.ct_manual_seed(seed));
            return Generator.Default;
        }

        public static Tensor get_rng_state()
        {
            using var generator = Generator.Default;
            return generator.get_state();
        }

        public static void set_rng_state(Tensor new_state)
        {
            using var generator = Generator.Default;
            generator.set_state(new_state);
        }
    }
}
