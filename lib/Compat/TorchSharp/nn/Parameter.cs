// A tensor that a module trains.

using TorchSharp.Modules;

namespace TorchSharp
{
    namespace Modules
    {
        public class Parameter : torch.Tensor
        {
            /// <param name="data">A tensor, which will become empty: its handle moves here.</param>
            /// <param name="requires_grad">Whether gradients are kept.</param>
            public Parameter(torch.Tensor data, bool requires_grad = true) : base(data.with_requires_grad(requires_grad).MoveHandle(), false)
            {
                DisposeScope.Replace(data, this);
                GC.SuppressFinalize(data);
            }

            internal Parameter(nint handle) : base(handle)
            {
            }
        }
    }

    public static partial class torch
    {
        public static partial class nn
        {
            public static Parameter Parameter(Tensor data, bool requires_grad = true) => new(data, requires_grad);
        }
    }

    public static class TensorExtensionMethods
    {
        public static Parameter AsParameter(this torch.Tensor tensor) => new(tensor);

        public static float ToSingle(this torch.Tensor value) => (float)value.ToDouble();

        public static double ToDouble(this torch.Tensor value)
        {
            using var real = value.to(torch.ScalarType.Float64, torch.CPU);
            return real.item<double>();
        }

        public static int ToInt32(this torch.Tensor value) => (int)value.ToInt64();

        public static long ToInt64(this torch.Tensor value)
        {
            using var integer = value.to(torch.ScalarType.Int64, torch.CPU);
            return integer.item<long>();
        }

        /// <summary>Writes type, shape and bytes, as TorchSharp's own format does.</summary>
        public static void Save(this torch.Tensor tensor, BinaryWriter writer)
        {
            var here = tensor.device_type == DeviceType.CPU ? tensor : tensor.cpu();
            writer.Write7BitEncodedInt64((long)here.dtype);
            var shape = here.shape;
            writer.Write7BitEncodedInt64(shape.Length);
            foreach (var size in shape) writer.Write7BitEncodedInt64(size);
            here.WriteBytesToStream(writer.BaseStream);
            if (!ReferenceEquals(here, tensor)) here.Dispose();
        }

        /// <summary>Reads into a tensor of the same type and shape.</summary>
        public static void Load(this torch.Tensor tensor, BinaryReader reader, bool skip = false)
        {
            var (type, shape) = ReadHeader(reader);
            if (type != tensor.dtype)
                throw new ArgumentException("Mismatched tensor data types while loading. Make sure that the model you are loading into is exactly the same as the origin.");
            if (skip)
            {
                reader.BaseStream.Seek(tensor.NumberOfElements * tensor.ElementSize, SeekOrigin.Current);
                return;
            }
            if (!shape.AsSpan().SequenceEqual(tensor.shape))
                throw new ArgumentException("Mismatched tensor shape while loading. Make sure that the model you are loading into is exactly the same as the origin.");
            Fill(tensor, reader);
        }

        /// <summary>Reads a tensor; makes it where <paramref name="tensor"/> is null.</summary>
        public static void Load(ref torch.Tensor? tensor, BinaryReader reader, bool skip = false)
        {
            var (type, shape) = ReadHeader(reader);
            tensor ??= torch.empty(shape, type);
            if (!shape.AsSpan().SequenceEqual(tensor.shape))
                throw new ArgumentException("Mismatched tensor shape while loading. Make sure that the model you are loading into is exactly the same as the origin.");
            if (skip) reader.BaseStream.Seek(tensor.NumberOfElements * tensor.ElementSize, SeekOrigin.Current);
            else Fill(tensor, reader);
        }

        static (torch.ScalarType Type, long[] Shape) ReadHeader(BinaryReader reader)
        {
            var type = (torch.ScalarType)reader.Read7BitEncodedInt64();
            var shape = new long[reader.Read7BitEncodedInt64()];
            for (var i = 0; i < shape.Length; i++) shape[i] = reader.Read7BitEncodedInt64();
            return (type, shape);
        }

        static void Fill(torch.Tensor tensor, BinaryReader reader)
        {
            using var noGrad = torch.no_grad();
            if (tensor.device_type == DeviceType.CPU)
            {
                tensor.ReadBytesFromStream(reader.BaseStream);
                return;
            }
            using var here = torch.zeros_like(tensor, device: torch.CPU);
            here.ReadBytesFromStream(reader.BaseStream);
            tensor.copy_(here);
        }
    }
}
