// A PNG of at most 256 colours: a chart has few, and the file is a fifth of what browsers write.
using System.Buffers.Binary;
using System.IO.Compression;

namespace AdEMAMix.Notebooks;

/// <summary>Encodes an opaque picture with a palette. The colours are the picture's own where these are few; else boxes of the colour cube, cut at the median
/// of their widest side until there are enough, each shown as its mean.</summary>
static class PalettePng
{
    /// <summary>Enough for lines with their smoothed edges; a picture that would be off by more than this (squared, per pixel and colour) gets all.</summary>
    const int FewColors = 64, AllColors = 256;

    const double ErrorLimit = 3;

    /// <summary>The PNG of a picture.</summary>
    /// <param name="pixels">Rows from the top, four bytes each pixel: red, green, blue, and one that is not read.</param>
    /// <param name="width">Pixels in a row.</param>
    /// <param name="height">Rows.</param>
    public static byte[] Encode(ReadOnlySpan<byte> pixels, int width, int height)
    {
        var counts = new Dictionary<int, int>();
        for (var i = 0; i < width * height; i++)
        {
            var color = Color(pixels, i);
            counts[color] = counts.GetValueOrDefault(color) + 1;
        }
        var (palette, index) = Palette(counts, FewColors);
        var error = counts.Sum(pair => (double)pair.Value * Distance(pair.Key, palette[index[pair.Key]])) / (3.0 * width * height);
        if (error > ErrorLimit) (palette, index) = Palette(counts, AllColors);

        using var file = new MemoryStream();
        file.Write([0x89, 0x50, 0x4E, 0x47, 0x0D, 0x0A, 0x1A, 0x0A]);
        Span<byte> header = stackalloc byte[13];
        BinaryPrimitives.WriteInt32BigEndian(header, width);
        BinaryPrimitives.WriteInt32BigEndian(header[4..], height);
        (header[8], header[9]) = (8, 3);
        Chunk(file, "IHDR"u8, header);
        Chunk(file, "PLTE"u8, [.. palette.SelectMany(color => (byte[])[(byte)(color >> 16), (byte)(color >> 8), (byte)color])]);
        using var data = new MemoryStream();
        using (var zlib = new ZLibStream(data, CompressionLevel.SmallestSize, leaveOpen: true))
        {
            var row = new byte[width + 1];
            for (var y = 0; y < height; y++)
            {
                for (var x = 0; x < width; x++) row[x + 1] = index[Color(pixels, y * width + x)];
                zlib.Write(row);
            }
        }
        Chunk(file, "IDAT"u8, data.ToArray());
        Chunk(file, "IEND"u8, []);
        return file.ToArray();
    }

    static int Color(ReadOnlySpan<byte> pixels, int i) => pixels[4 * i] << 16 | pixels[4 * i + 1] << 8 | pixels[4 * i + 2];

    static (int[] Palette, Dictionary<int, byte> Index) Palette(Dictionary<int, int> counts, int limit)
    {
        var boxes = new List<int[]> { counts.Keys.Order().ToArray() };
        while (boxes.Count < limit)
        {
            // The box whose side and weight together lose the most goes next.
            var (widest, side, loss) = (-1, 0, 0.0);
            for (var i = 0; i < boxes.Count; i++)
            {
                for (var shift = 0; shift <= 16; shift += 8)
                {
                    var length = boxes[i].Max(color => color >> shift & 255) - boxes[i].Min(color => color >> shift & 255);
                    var here = length * (double)length * Math.Sqrt(boxes[i].Sum(color => (double)counts[color]));
                    if (length > 0 && here > loss) (widest, side, loss) = (i, shift, here);
                }
            }
            if (widest < 0) break;
            var colors = boxes[widest].OrderBy(color => color >> side & 255).ThenBy(color => color).ToArray();
            var middle = (colors[0] >> side & 255) + (colors[^1] >> side & 255) + 1 >> 1;
            boxes[widest] = [.. colors.Where(color => (color >> side & 255) < middle)];
            boxes.Add([.. colors.Where(color => (color >> side & 255) >= middle)]);
        }
        var (palette, index) = (new int[boxes.Count], new Dictionary<int, byte>(counts.Count));
        for (var i = 0; i < boxes.Count; i++)
        {
            palette[i] = Mean(boxes[i], counts);
            foreach (var color in boxes[i]) index[color] = (byte)i;
        }
        return (palette, index);
    }

    static int Distance(int a, int b)
    {
        var (red, green, blue) = ((a >> 16 & 255) - (b >> 16 & 255), (a >> 8 & 255) - (b >> 8 & 255), (a & 255) - (b & 255));
        return red * red + green * green + blue * blue;
    }

    static int Mean(int[] box, Dictionary<int, int> counts)
    {
        // Most of a box's pixels often have one colour: paper, or a line. That one stays as it is.
        var total = box.Sum(color => (long)counts[color]);
        var first = box.MaxBy(color => counts[color]);
        if (2L * counts[first] > total) return first;
        int Channel(int shift) => (int)((box.Sum(color => (long)(color >> shift & 255) * counts[color]) + total / 2) / total);
        return Channel(16) << 16 | Channel(8) << 8 | Channel(0);
    }

    static void Chunk(MemoryStream file, ReadOnlySpan<byte> type, ReadOnlySpan<byte> data)
    {
        Span<byte> number = stackalloc byte[4];
        BinaryPrimitives.WriteInt32BigEndian(number, data.Length);
        file.Write(number);
        file.Write(type);
        file.Write(data);
        BinaryPrimitives.WriteUInt32BigEndian(number, Checksum(Checksum(uint.MaxValue, type), data) ^ uint.MaxValue);
        file.Write(number);
    }

    /// <summary>CRC-32 as PNG has it, one bit at a time: the data is small.</summary>
    static uint Checksum(uint crc, ReadOnlySpan<byte> data)
    {
        foreach (var value in data)
        {
            crc ^= value;
            for (var bit = 0; bit < 8; bit++) crc = (crc & 1) != 0 ? crc >> 1 ^ 0xEDB88320 : crc >> 1;
        }
        return crc;
    }
}
