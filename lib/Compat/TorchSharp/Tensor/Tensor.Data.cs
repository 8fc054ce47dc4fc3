// Reading and writing a tensor's values from C#.

using System.Runtime.CompilerServices;
using TorchSharp.Native;
using TorchSharp.Utils;

namespace TorchSharp;

public static partial class torch
{
    public unsafe partial class Tensor
    {
        /// <summary>The values of a contiguous CPU tensor, in place: valid while the tensor lives.</summary>
        public Span<byte> bytes
        {
            get
            {
                var facts = ContiguousOnCpu("Bytes");
                var size = facts.Numel * facts.ElementSize;
                if (size > int.MaxValue) throw new ArgumentException("Span only supports up to int.MaxValue elements.");
                return new Span<byte>((void*)NativeMethods.THSTensor_data(Handle), (int)size);
            }
            set
            {
                var target = bytes;
                if (value.Length != target.Length) throw new ArgumentException("Mismatched data sizes in SetBytes().");
                value.CopyTo(target);
            }
        }

        public TensorAccessor<T> data<T>() where T : unmanaged
        {
            if (TypeOf<T>() != dtype) throw new ArgumentException($"{typeof(T).Name} is not compatible with {dtype}");
            return new TensorAccessor<T>(device_type == DeviceType.CPU ? this : cpu());
        }

        public T item<T>() where T : unmanaged
        {
            if (NumberOfElements != 1) throw new ArgumentException("Number of elements in the tensor must be 1");
            if (TypeOf<T>() != dtype) throw new ArgumentException($"{typeof(T).Name} is not compatible with {dtype}");
            if (device_type == DeviceType.CPU) return Unsafe.Read<T>((void*)NativeMethods.THSTensor_data(Handle));
            using var here = cpu();
            return Unsafe.Read<T>((void*)NativeMethods.THSTensor_data(here.Handle));
        }

        public void WriteBytesToStream(Stream stream, int bufferSize = 1024)
        {
            var facts = ContiguousOnCpu("Bytes");
            var pointer = (byte*)NativeMethods.THSTensor_data(Handle);
            for (var left = facts.Numel * facts.ElementSize; left > 0;)
            {
                var part = (int)Math.Min(left, Math.Max(bufferSize, 1 << 20));
                stream.Write(new ReadOnlySpan<byte>(pointer, part));
                pointer += part;
                left -= part;
            }
            GC.KeepAlive(this);
        }

        public void ReadBytesFromStream(Stream stream, int bufferSize = 1024)
        {
            var facts = ContiguousOnCpu("Bytes");
            var pointer = (byte*)NativeMethods.THSTensor_data(Handle);
            for (var left = facts.Numel * facts.ElementSize; left > 0;)
            {
                var part = (int)Math.Min(left, Math.Max(bufferSize, 1 << 20));
                stream.ReadExactly(new Span<byte>(pointer, part));
                pointer += part;
                left -= part;
            }
            GC.KeepAlive(this);
        }

        Facts ContiguousOnCpu(string caller)
        {
            var facts = Facts;
            if (facts.IsContiguous == 0) throw new InvalidOperationException($"{caller}() called on non-contiguous tensor.");
            if (facts.DeviceType != (int)DeviceType.CPU)
                throw new InvalidOperationException("Reading data from non-CPU memory is not supported. Move or copy the tensor to the cpu before reading.");
            return facts;
        }

        internal static ScalarType TypeOf<T>() =>
            typeof(T) == typeof(float) ? ScalarType.Float32
            : typeof(T) == typeof(double) ? ScalarType.Float64
            : typeof(T) == typeof(long) ? ScalarType.Int64
            : typeof(T) == typeof(int) ? ScalarType.Int32
            : typeof(T) == typeof(short) ? ScalarType.Int16
            : typeof(T) == typeof(sbyte) ? ScalarType.Int8
            : typeof(T) == typeof(byte) ? ScalarType.Byte
            : typeof(T) == typeof(bool) ? ScalarType.Bool
            : typeof(T) == typeof(Half) ? ScalarType.Float16
            : throw new ArgumentException($"{typeof(T).Name} is not the type of any tensor's elements");
    }
}
