namespace AdEMAMix.Workbook;

/// <summary>Scales an image until its shorter side fits a square, and cuts the square out of its middle.</summary>
/// <remarks>A triangle filter as wide as a source pixel or a target pixel, whichever is larger: bilinear when enlarging, without aliasing when shrinking.</remarks>
static class ImageResize
{
    public static DecodedImage ToSquare(DecodedImage image, int size)
    {
        var (channels, height, width) = (image.Channels, image.Height, image.Width);
        if (height == size && width == size) return image;
        var scale = (double)Math.Min(height, width) / size;
        var columns = Weights(size, width, scale);
        var rows = Weights(size, height, scale);
        var wide = new double[(long)height * size * channels];
        for (var y = 0; y < height; y++)
            for (var x = 0; x < size; x++)
                for (var c = 0; c < channels; c++)
                {
                    var (first, weights) = columns[x];
                    var sum = 0.0;
                    for (var k = 0; k < weights.Length; k++) sum += weights[k] * image.Pixels[(y * width + first + k) * channels + c];
                    wide[(y * size + x) * channels + c] = sum;
                }
        var pixels = new byte[size * size * channels];
        for (var y = 0; y < size; y++)
            for (var x = 0; x < size * channels; x++)
            {
                var (first, weights) = rows[y];
                var sum = 0.0;
                for (var k = 0; k < weights.Length; k++) sum += weights[k] * wide[(first + k) * size * channels + x];
                pixels[y * size * channels + x] = (byte)Math.Clamp(Math.Round(sum), 0, 255);
            }
        return new DecodedImage(channels, size, size, pixels);
    }

    // For each target position the first source position and the weights from there on, which add up to 1.
    static (int First, double[] Weights)[] Weights(int size, int length, double scale)
    {
        var offset = (length - size * scale) / 2;
        var reach = Math.Max(1, scale);
        return [.. Enumerable.Range(0, size).Select(i =>
        {
            var center = offset + (i + 0.5) * scale;
            var first = Math.Clamp((int)Math.Floor(center - reach), 0, length - 1);
            var last = Math.Clamp((int)Math.Ceiling(center + reach), first, length - 1);
            var weights = Enumerable.Range(first, last - first + 1).Select(k => Math.Max(0, 1 - Math.Abs(k + 0.5 - center) / reach)).ToArray();
            var sum = weights.Sum();
            return (first, Array.ConvertAll(weights, w => w / sum));
        })];
    }
}
