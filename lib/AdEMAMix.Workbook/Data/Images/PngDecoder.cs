using System.Runtime.InteropServices;
using System.Text;

namespace AdEMAMix.Workbook;

/// <summary>libpng's simplified interface (png.h, version 1.6), which reads every kind of PNG into 8-bit grey or RGB.</summary>
static unsafe partial class PngDecoder
{
    const uint Version = 1;
    const uint Color = 0x02;
    const uint SixteenBitIsSrgb = 0x04;

    public static ImageShape ReadShape(byte[] bytes) => Read(bytes, pixelsToo: false).Shape;

    public static DecodedImage Decode(byte[] bytes)
    {
        var (shape, pixels) = Read(bytes, pixelsToo: true);
        return new DecodedImage(shape.Channels, shape.Height, shape.Width, pixels);
    }

    static (ImageShape Shape, byte[] Pixels) Read(byte[] bytes, bool pixelsToo)
    {
        // libpng keeps the addresses of the bytes and of this structure between the calls: neither may move.
        var image = new Image { Version = Version };
        try
        {
            fixed (byte* start = bytes)
            {
                if (png_image_begin_read_from_memory(&image, start, (nuint)bytes.Length) == 0) throw Broken(image);
                var shape = new ImageShape((image.Format & Color) != 0 ? 3 : 1, checked((int)image.Height), checked((int)image.Width));
                if (!pixelsToo) return (shape, []);
                image.Format &= Color;
                image.Flags |= SixteenBitIsSrgb;
                var pixels = new byte[(long)shape.Channels * shape.Height * shape.Width];
                fixed (byte* buffer = pixels)
                    if (png_image_finish_read(&image, null, buffer, 0, null) == 0) throw Broken(image);
                return (shape, pixels);
            }
        }
        finally
        {
            png_image_free(&image);
        }
    }

    static InvalidDataException Broken(Image image) => new($"is not a whole PNG ({Encoding.ASCII.GetString(MemoryMarshal.CreateReadOnlySpanFromNullTerminated(image.Message)).TrimEnd('.')})");

    [StructLayout(LayoutKind.Sequential)]
    struct Image
    {
        public nint Opaque;
        public uint Version;
        public uint Width;
        public uint Height;
        public uint Format;
        public uint Flags;
        public uint ColormapEntries;
        public uint WarningOrError;
        public fixed byte Message[64];
    }

    [LibraryImport("libpng16.so.16")]
    private static partial int png_image_begin_read_from_memory(Image* image, byte* memory, nuint size);

    [LibraryImport("libpng16.so.16")]
    private static partial int png_image_finish_read(Image* image, void* background, byte* buffer, int rowStride, void* colormap);

    [LibraryImport("libpng16.so.16")]
    private static partial void png_image_free(Image* image);
}
