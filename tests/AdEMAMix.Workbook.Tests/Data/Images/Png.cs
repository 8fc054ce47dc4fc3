using System.Buffers.Binary;
using System.IO.Compression;

namespace AdEMAMix.Workbook.Tests;

/// <summary>PNG files of sizes that no fixture has.</summary>
static class Png
{
    /// <summary>Grey, row r of the value 10 r.</summary>
    public static byte[] Grey(int width, int height)
    {
        using var body = new MemoryStream();
        using (var zlib = new ZLibStream(body, CompressionMode.Compress))
            for (var row = 0; row < height; row++) zlib.Write([0, .. Enumerable.Repeat((byte)(row * 10), width)]);
        var head = new byte[13];
        BinaryPrimitives.WriteInt32BigEndian(head, width);
        BinaryPrimitives.WriteInt32BigEndian(head.AsSpan(4), height);
        head[8] = 8;
        return [0x89, .. "PNG\r\n\x1a\n"u8, .. Chunk("IHDR"u8, head), .. Chunk("IDAT"u8, body.ToArray()), .. Chunk("IEND"u8, [])];
    }

    static byte[] Chunk(ReadOnlySpan<byte> type, byte[] content)
    {
        byte[] counted = [.. type, .. content];
        var result = new byte[counted.Length + 8];
        BinaryPrimitives.WriteInt32BigEndian(result, content.Length);
        counted.CopyTo(result, 4);
        BinaryPrimitives.WriteUInt32BigEndian(result.AsSpan(counted.Length + 4), Crc(counted));
        return result;
    }

    static uint Crc(byte[] bytes)
    {
        var crc = uint.MaxValue;
        foreach (var value in bytes)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++) crc = (crc & 1) == 1 ? crc >> 1 ^ 0xEDB88320 : crc >> 1;
        }
        return ~crc;
    }
}
