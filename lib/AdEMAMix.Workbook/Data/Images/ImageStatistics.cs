namespace AdEMAMix.Workbook;

/// <summary>Mean and standard deviation of each channel, from exact integer sums.</summary>
static class ImageStatistics
{
    public static (double[] Mean, double[] Deviation) Of(ImageSet images, ImageShape shape)
    {
        var (mean, deviation) = (new double[shape.Channels], new double[shape.Channels]);
        var plane = shape.Height * shape.Width;
        for (var channel = 0; channel < shape.Channels; channel++)
        {
            var counts = new long[256];
            for (var image = 0; image < images.Count; image++)
                foreach (var value in images.Pixels.AsSpan(image * shape.Length + channel * plane, plane)) counts[value]++;
            var pixels = (double)images.Count * plane;
            var first = counts.Select((count, value) => (double)count * value).Sum() / pixels;
            var second = counts.Select((count, value) => count * (value - first) * (value - first)).Sum() / pixels;
            mean[channel] = first / 255;
            // A channel that never varies carries nothing, and must not divide by zero.
            deviation[channel] = second > 0 ? Math.Sqrt(second) / 255 : 1;
        }
        return (mean, deviation);
    }
}
