using System.Runtime.InteropServices;

namespace AdEMAMix.Workbook;

/// <summary>libjpeg-turbo's own interface (turbojpeg.h, version 2), with the slow, exact inverse transform.</summary>
static unsafe partial class JpegDecoder
{
    const int Rgb = 0;
    const int Grey = 6;
    const int GreySpace = 2;
    const int AccurateDct = 4096;

    public static ImageShape ReadShape(byte[] bytes)
    {
        var handle = tjInitDecompress();
        try
        {
            return ReadShape(handle, bytes);
        }
        finally
        {
            _ = tjDestroy(handle);
        }
    }

    public static DecodedImage Decode(byte[] bytes)
    {
        var handle = tjInitDecompress();
        try
        {
            var shape = ReadShape(handle, bytes);
            var pixels = new byte[(long)shape.Channels * shape.Height * shape.Width];
            fixed (byte* source = bytes, target = pixels)
                if (tjDecompress2(handle, source, new CULong((nuint)bytes.Length), target, shape.Width, 0, shape.Height, shape.Channels == 1 ? Grey : Rgb, AccurateDct) != 0) throw Broken(handle);
            return new DecodedImage(shape.Channels, shape.Height, shape.Width, pixels);
        }
        finally
        {
            _ = tjDestroy(handle);
        }
    }

    static ImageShape ReadShape(nint handle, byte[] bytes)
    {
        fixed (byte* source = bytes)
        {
            if (tjDecompressHeader3(handle, source, new CULong((nuint)bytes.Length), out var width, out var height, out _, out var space) != 0) throw Broken(handle);
            return new ImageShape(space == GreySpace ? 1 : 3, height, width);
        }
    }

    // Data that end too early are only a warning to the library, which fills the rest with grey; here they are an error.
    static InvalidDataException Broken(nint handle) => new($"is not a whole JPEG ({Marshal.PtrToStringUTF8(tjGetErrorStr2(handle))?.TrimEnd('.')})");

    [LibraryImport("libturbojpeg.so.0")]
    private static partial nint tjInitDecompress();

    [LibraryImport("libturbojpeg.so.0")]
    private static partial int tjDecompressHeader3(nint handle, byte* source, CULong size, out int width, out int height, out int subsampling, out int space);

    [LibraryImport("libturbojpeg.so.0")]
    private static partial int tjDecompress2(nint handle, byte* source, CULong size, byte* target, int width, int pitch, int height, int format, int flags);

    [LibraryImport("libturbojpeg.so.0")]
    private static partial nint tjGetErrorStr2(nint handle);

    [LibraryImport("libturbojpeg.so.0")]
    private static partial int tjDestroy(nint handle);
}
