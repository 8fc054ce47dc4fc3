using System.Buffers.Binary;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using static TorchSharp.torch;

namespace AdEMAMix.Workbook;

/// <summary>
/// The safetensors format: eight bytes of header length (little-endian), a JSON header with dtype, shape and place of every
/// tensor, then the tensors' bytes without gaps. Texts of the header's "__metadata__" go with them.
/// </summary>
static class SafeTensors
{
    public const string HashKey = "sha256";
    const string MetadataKey = "__metadata__";
    const int LongestHeader = 100_000_000;

    static readonly Dictionary<ScalarType, string> TypeNames = new()
    {
        [ScalarType.Float32] = "F32",
        [ScalarType.Float64] = "F64",
        [ScalarType.BFloat16] = "BF16",
        [ScalarType.Float16] = "F16",
        [ScalarType.Int64] = "I64",
        [ScalarType.Int32] = "I32",
        [ScalarType.Int16] = "I16",
        [ScalarType.Int8] = "I8",
        [ScalarType.Byte] = "U8",
        [ScalarType.Bool] = "BOOL",
    };

    /// <summary>Writes tensors and texts; adds the SHA-256 of the tensors' bytes to the texts.</summary>
    public static void Write(Stream stream, IReadOnlyList<(string Name, Tensor Tensor)> tensors, IReadOnlyDictionary<string, string> metadata)
    {
        var texts = new JsonObject { [HashKey] = Hash(tensors) };
        foreach (var (name, text) in metadata) texts[name] = text;
        var header = new JsonObject { [MetadataKey] = texts };
        var offset = 0L;
        foreach (var (name, tensor) in tensors)
        {
            var end = offset + tensor.numel() * tensor.element_size();
            header[name] = new JsonObject
            {
                ["dtype"] = TypeNames[tensor.dtype],
                ["shape"] = new JsonArray([.. tensor.shape.Select(n => JsonValue.Create(n))]),
                ["data_offsets"] = new JsonArray(offset, end),
            };
            offset = end;
        }
        var json = header.ToJsonString();
        // Spaces after the JSON let the data begin at a multiple of eight bytes.
        var bytes = Encoding.UTF8.GetBytes(json + new string(' ', (8 - Encoding.UTF8.GetByteCount(json) % 8) % 8));
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, bytes.Length);
        stream.Write(length);
        stream.Write(bytes);
        foreach (var (_, tensor) in tensors)
        {
            using var own = OnHost(tensor);
            stream.Write(own.bytes);
        }
    }

    /// <summary>SHA-256 over the bytes of the tensors in order.</summary>
    public static string Hash(IEnumerable<(string Name, Tensor Tensor)> tensors)
    {
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (_, tensor) in tensors)
        {
            using var own = OnHost(tensor);
            hash.AppendData(own.bytes);
        }
        return Convert.ToHexStringLower(hash.GetHashAndReset());
    }

    /// <summary>Reads a header and checks that the file is as long as it says and that the data has its hash.</summary>
    /// <exception cref="InvalidDataException">It is not so; the message is the second half of a sentence.</exception>
    public static Contents Open(FileStream stream)
    {
        try
        {
            Span<byte> prefix = stackalloc byte[8];
            stream.ReadExactly(prefix);
            var length = BinaryPrimitives.ReadInt64LittleEndian(prefix);
            if (length is < 2 or > LongestHeader) throw new InvalidDataException("has no safetensors header");
            var bytes = new byte[length];
            stream.ReadExactly(bytes);
            var header = JsonNode.Parse(bytes)!.AsObject();
            var metadata = header[MetadataKey]?.AsObject().ToDictionary(p => p.Key, p => (string)p.Value!) ?? [];
            header.Remove(MetadataKey);
            var start = 8 + length;
            var entries = header.ToDictionary(p => p.Key, p => Entry(p.Value!, start));
            var end = entries.Values.Select(e => e.Start + e.Length).DefaultIfEmpty(start).Max();
            if (stream.Length != end) throw new InvalidDataException(stream.Length < end ? "is cut short" : "is longer than its header says");
            if (metadata.GetValueOrDefault(HashKey) is { } stated && stated != Convert.ToHexStringLower(SHA256.HashData(stream))) throw new InvalidDataException("does not match its hash");
            return new Contents(stream, entries, metadata);
        }
        catch (EndOfStreamException)
        {
            throw new InvalidDataException("is cut short");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or NullReferenceException or FormatException or ArgumentException)
        {
            throw new InvalidDataException("has a damaged header", e);
        }
    }

    static Place Entry(JsonNode node, long start)
    {
        var offsets = node["data_offsets"]!.AsArray();
        var (begin, end) = ((long)offsets[0]!, (long)offsets[1]!);
        if (begin < 0 || end < begin) throw new FormatException();
        return new Place((string)node["dtype"]!, [.. node["shape"]!.AsArray().Select(n => (long)n!)], start + begin, end - begin);
    }

    // On the CPU and contiguous the alias costs nothing.
    static Tensor OnHost(Tensor tensor)
    {
        using var detached = tensor.detach();
        using var host = detached.cpu();
        return host.contiguous();
    }

    public sealed record Place(string Type, long[] Shape, long Start, long Length);

    /// <summary>An open file whose tensors can be read.</summary>
    public sealed class Contents(FileStream stream, Dictionary<string, Place> places, Dictionary<string, string> metadata)
    {
        public IReadOnlyDictionary<string, string> Metadata => metadata;

        public IReadOnlyCollection<string> Names => places.Keys;

        /// <summary>Fills <paramref name="target"/> with the tensor of this name.</summary>
        /// <exception cref="InvalidDataException">There is none, or it has another shape or dtype.</exception>
        public void Read(string name, Tensor target)
        {
            if (!places.TryGetValue(name, out var place)) throw new InvalidDataException($"lacks the tensor '{name}'");
            if (place.Type != TypeNames[target.dtype] || !place.Shape.SequenceEqual(target.shape) || place.Length != target.numel() * target.element_size())
                throw new InvalidDataException($"holds '{name}' as {place.Type} [{string.Join(", ", place.Shape)}] where {TypeNames[target.dtype]} [{string.Join(", ", target.shape)}] is needed");
            using var frozen = no_grad();
            using var buffer = empty(target.shape, dtype: target.dtype);
            stream.Position = place.Start;
            stream.ReadExactly(buffer.bytes);
            target.copy_(buffer);
        }
    }
}
