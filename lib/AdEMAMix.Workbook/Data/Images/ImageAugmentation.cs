namespace AdEMAMix.Workbook;

/// <summary>Shifts and mirrors an image at random and normalises its values; without draws it only normalises.</summary>
sealed class ImageAugmentation
{
    readonly ImageDataset data;
    readonly int padding;
    readonly bool flip;
    readonly float[][] normalised; // [channel][byte]

    public ImageAugmentation(ImageDataset data, VisionConfig vision)
    {
        this.data = data;
        (padding, flip) = (vision.CropPadding, vision.Flip);
        normalised = [.. data.Mean.Zip(data.Deviation, (mean, deviation) => Enumerable.Range(0, 256).Select(value => (float)((value / 255.0 - mean) / deviation)).ToArray())];
    }

    /// <summary>A training image, cut at a random place out of its black frame and mirrored by chance.</summary>
    public void Draw(int image, ref SplitMix random, Span<float> values)
    {
        // Both draws are made whatever is switched on, so that one switch does not change what the others draw.
        var (down, right) = (random.Below(2 * padding + 1) - padding, random.Below(2 * padding + 1) - padding);
        var mirrored = random.Below(2) == 1 && flip;
        Copy(data.Training, image, down, right, mirrored, values);
    }

    /// <summary>An image as it is.</summary>
    public void Plain(ImageSet set, int image, Span<float> values) => Copy(set, image, 0, 0, false, values);

    void Copy(ImageSet set, int image, int down, int right, bool mirrored, Span<float> values)
    {
        var (_, height, width) = data.Shape;
        for (var channel = 0; channel < data.Shape.Channels; channel++)
        {
            var table = normalised[channel];
            var source = set.Pixels.AsSpan(image * data.Shape.Length + channel * height * width, height * width);
            var target = values.Slice(channel * height * width, height * width);
            target.Fill(table[0]);
            var (left, end) = (Math.Max(0, -right), Math.Min(width, width - right));
            for (var row = Math.Max(0, -down); row < Math.Min(height, height - down); row++)
            {
                var from = source.Slice((row + down) * width, width);
                var to = target.Slice(row * width, width);
                for (var column = left; column < end; column++) to[mirrored ? width - 1 - column : column] = table[from[column + right]];
            }
        }
    }
}
