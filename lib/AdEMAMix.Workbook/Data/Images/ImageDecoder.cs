namespace AdEMAMix.Workbook;

/// <summary>A decoded image: bytes [row, column, channel].</summary>
/// <param name="Channels">1 or 3.</param>
/// <param name="Height">Rows.</param>
/// <param name="Width">Columns.</param>
/// <param name="Pixels">The values.</param>
sealed record DecodedImage(int Channels, int Height, int Width, byte[] Pixels);

/// <summary>Decodes PNG by libpng and JPEG by libjpeg-turbo, as the system has them.</summary>
/// <remarks>Colour is what the file says, grey or RGB; transparency is laid on black; 16 bits become 8. An orientation noted in EXIF is not applied.</remarks>
static class ImageDecoder
{
    /// <summary>Whether a file's name says that it is an image that can be decoded.</summary>
    public static bool IsImage(string file) => Path.GetExtension(file).ToUpperInvariant() is ".PNG" or ".JPG" or ".JPEG";

    /// <summary>Size and number of channels, from the file's head.</summary>
    /// <exception cref="InvalidDataException">The bytes are no image, or a broken one; the message says what is wrong.</exception>
    /// <exception cref="DataException">The system lacks the library.</exception>
    public static ImageShape ReadShape(byte[] bytes) => With(bytes, PngDecoder.ReadShape, JpegDecoder.ReadShape);

    /// <summary>The whole image.</summary>
    /// <inheritdoc cref="ReadShape" path="/exception"/>
    public static DecodedImage Decode(byte[] bytes) => With(bytes, PngDecoder.Decode, JpegDecoder.Decode);

    // By content: files under a wrong extension are common.
    static T With<T>(byte[] bytes, Func<byte[], T> png, Func<byte[], T> jpeg)
    {
        try
        {
            if (bytes.AsSpan().StartsWith((ReadOnlySpan<byte>)[0x89, (byte)'P', (byte)'N', (byte)'G'])) return png(bytes);
            if (bytes.AsSpan().StartsWith((ReadOnlySpan<byte>)[0xff, 0xd8])) return jpeg(bytes);
        }
        catch (DllNotFoundException problem)
        {
            throw new DataException("This system lacks libpng16 or libturbojpeg, which decode images: run 'environment/workbook setup', or install the packages libpng16-16 and libturbojpeg0.", problem);
        }
        throw new InvalidDataException(bytes.Length == 0 ? "is empty" : "is neither PNG nor JPEG");
    }
}
