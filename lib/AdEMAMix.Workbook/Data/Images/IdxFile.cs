using System.Buffers.Binary;
using System.IO.Compression;

namespace AdEMAMix.Workbook;

/// <summary>Reads IDX files, plain or gzipped: the format of MNIST and its kin.</summary>
/// <remarks>
/// Two zero bytes, the type of the values (0x08 for unsigned bytes, the only one read here), the number of dimensions; their sizes,
/// 32 bits each, big-endian; the values, last dimension fastest.
/// </remarks>
public static class IdxFile
{
    const byte UnsignedByte = 0x08;

    /// <summary>The sizes and the values.</summary>
    /// <param name="file">The file; gzip is recognised by its first bytes.</param>
    /// <param name="dimensions">How many dimensions it must have.</param>
    /// <exception cref="DataException">The file cannot be read or is not such a file.</exception>
    public static (IReadOnlyList<int> Sizes, byte[] Values) Read(string file, int dimensions)
    {
        try
        {
            using var raw = File.OpenRead(file);
            var gzipped = raw.ReadByte() == 0x1f && raw.ReadByte() == 0x8b;
            raw.Position = 0;
            using Stream stream = gzipped ? new GZipStream(raw, CompressionMode.Decompress) : raw;
            return Read(stream, file, dimensions);
        }
        catch (EndOfStreamException problem)
        {
            throw Wrong(file, "ends before its last value", problem);
        }
        catch (InvalidDataException problem)
        {
            throw Wrong(file, $"cannot be unzipped ({problem.Message.TrimEnd('.')})", problem);
        }
        catch (Exception problem) when (problem is IOException or UnauthorizedAccessException)
        {
            throw new DataException($"'{file}' cannot be read ({problem.Message.TrimEnd('.')}): give a readable IDX file.", problem);
        }
    }

    static (IReadOnlyList<int> Sizes, byte[] Values) Read(Stream stream, string file, int dimensions)
    {
        var head = new byte[4];
        stream.ReadExactly(head);
        if (head[0] != 0 || head[1] != 0) throw Wrong(file, $"begins with 0x{Convert.ToHexStringLower(head)} instead of two zero bytes, so it is no IDX file");
        if (head[2] != UnsignedByte) throw Wrong(file, $"holds values of type 0x{head[2]:x2}, and only unsigned bytes (0x08) are read");
        if (head[3] != dimensions) throw Wrong(file, $"has {head[3]} dimensions where {dimensions} {(dimensions == 1 ? "is" : "are")} expected (images have three, labels one)");
        var sizes = new int[dimensions];
        var length = 1L;
        for (var i = 0; i < dimensions; i++)
        {
            stream.ReadExactly(head);
            sizes[i] = BinaryPrimitives.ReadInt32BigEndian(head);
            if (sizes[i] < 1) throw Wrong(file, FormattableString.Invariant($"says that dimension {i + 1} has {sizes[i]} elements"));
            // Each factor is below 2^31 and the product before it at most Array.MaxLength: no overflow.
            length *= sizes[i];
            if (length > Array.MaxLength) throw Wrong(file, FormattableString.Invariant($"says that it holds {length:N0} values or more, which is more than fits into memory at once"));
        }
        var values = new byte[length];
        stream.ReadExactly(values);
        if (stream.ReadByte() >= 0) throw Wrong(file, "goes on after its last value");
        return (sizes, values);
    }

    static DataException Wrong(string file, string what, Exception? inner = null) => new($"'{file}' {what}: fetch it again, or give an intact file.", inner);
}
