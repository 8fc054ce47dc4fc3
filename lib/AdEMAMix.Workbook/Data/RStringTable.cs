using System.Buffers.Binary;
using System.IO.Compression;
using System.Text;

namespace AdEMAMix.Workbook;

/// <summary>Reads the character vectors of an R lazy-load data base (.rdb).</summary>
/// <remarks>
/// The file is a sequence of chunks, one per object: the length of the object in bytes (32 bits, big-endian), then a zlib stream.
/// An object is in R's XDR serialisation ("R Internals", section 1.8): the header "X\n", format version 2 or 3, two R versions,
/// for version 3 the native encoding, then the value. Only plain character vectors (STRSXP without attributes) are read.
/// </remarks>
public static class RStringTable
{
    const uint StringVector = 16;
    const uint String = 9;
    const uint TypeMask = 0xFF;
    const uint HasAttributesOrTag = 0x600;
    const uint Latin1 = 1 << 14; // bit 2 of the "levels" that start at bit 12

    /// <summary>The vectors in the file's order, one list of strings each.</summary>
    /// <exception cref="DataException">The bytes are not such a file, or hold something else than character vectors.</exception>
    public static IReadOnlyList<IReadOnlyList<string>> Read(ReadOnlyMemory<byte> file)
    {
        var vectors = new List<IReadOnlyList<string>>();
        try
        {
            for (var position = 0; position < file.Length;)
            {
                var length = BinaryPrimitives.ReadInt32BigEndian(file.Span[position..]);
                if (length < 0) throw Broken("a chunk of negative length");
                var value = Inflate(file[(position + 4)..], length, out var used);
                position += 4 + used;
                vectors.Add(new Reader(value).ReadVector());
            }
        }
        catch (Exception problem) when (problem is ArgumentOutOfRangeException or InvalidDataException or EndOfStreamException)
        {
            throw Broken("it ends in the middle of an object or is not compressed as it should be", problem);
        }
        return vectors;
    }

    /// <summary>Inflates one zlib stream and says how many bytes it took, which ZLibStream itself does not tell.</summary>
    static byte[] Inflate(ReadOnlyMemory<byte> rest, int length, out int used)
    {
        // Nothing marks where a stream ends but the stream itself: feed single bytes, so that it cannot read beyond its end.
        var source = new OneByteAtATime(rest);
        using var zlib = new ZLibStream(source, CompressionMode.Decompress);
        var value = new byte[length];
        zlib.ReadExactly(value);
        if (zlib.ReadByte() >= 0) throw Broken("a chunk longer than it says");
        used = (int)source.Position;
        // A stream cut in its checksum inflates without complaint, so the checksum is looked at here.
        if (BinaryPrimitives.ReadUInt32BigEndian(rest.Span[(used - 4)..]) != Adler32(value)) throw Broken("a chunk whose checksum is wrong");
        return value;
    }

    /// <summary>The checksum that closes a zlib stream (RFC 1950, section 9).</summary>
    static uint Adler32(ReadOnlySpan<byte> bytes)
    {
        const uint Base = 65521;
        var (a, b) = (1u, 0u);
        foreach (var value in bytes)
        {
            a = (a + value) % Base;
            b = (b + a) % Base;
        }
        return b << 16 | a;
    }

    static DataException Broken(string what, Exception? inner = null) => new($"The R data base cannot be read ({what}): fetch it again.", inner);

    ref struct Reader(ReadOnlySpan<byte> bytes)
    {
        ReadOnlySpan<byte> rest = bytes;

        public List<string> ReadVector()
        {
            if (!Take(2).SequenceEqual("X\n"u8)) throw Broken("an object that is not in XDR format");
            var version = ReadInt();
            if (version is not (2 or 3)) throw Broken($"serialisation version {version}");
            Take(8);
            if (version == 3) Take(ReadInt());
            var flags = (uint)ReadInt();
            if ((flags & TypeMask) != StringVector || (flags & HasAttributesOrTag) != 0) throw Broken($"an object that is not a plain character vector, flags 0x{flags:x}");
            var count = ReadInt();
            if (count < 0 || count > rest.Length / 8) throw Broken("more strings than bytes"); // a string takes at least eight
            var strings = new List<string>(count);
            for (var i = 0; i < count; i++) strings.Add(ReadString());
            if (!rest.IsEmpty) throw Broken("bytes after the end of an object");
            return strings;
        }

        string ReadString()
        {
            var flags = (uint)ReadInt();
            if ((flags & TypeMask) != String) throw Broken($"an element that is not a string, flags 0x{flags:x}");
            var length = ReadInt();
            if (length < 0) throw Broken("a missing value (NA)");
            return ((flags & Latin1) != 0 ? Encoding.Latin1 : Encoding.UTF8).GetString(Take(length));
        }

        int ReadInt() => BinaryPrimitives.ReadInt32BigEndian(Take(4));

        ReadOnlySpan<byte> Take(int count)
        {
            var taken = rest[..count];
            rest = rest[count..];
            return taken;
        }
    }

    sealed class OneByteAtATime(ReadOnlyMemory<byte> bytes) : Stream
    {
        int position;

        public override long Position { get => position; set => throw new NotSupportedException(); }
        public override bool CanRead => true;
        public override bool CanSeek => false;
        public override bool CanWrite => false;
        public override long Length => throw new NotSupportedException();

        public override int Read(Span<byte> buffer)
        {
            if (buffer.IsEmpty || position >= bytes.Length) return 0;
            buffer[0] = bytes.Span[position++];
            return 1;
        }

        public override int Read(byte[] buffer, int offset, int count) => Read(buffer.AsSpan(offset, count));
        public override void Flush() { }
        public override long Seek(long offset, SeekOrigin origin) => throw new NotSupportedException();
        public override void SetLength(long value) => throw new NotSupportedException();
        public override void Write(byte[] buffer, int offset, int count) => throw new NotSupportedException();
    }
}
