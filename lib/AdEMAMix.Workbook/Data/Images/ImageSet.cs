namespace AdEMAMix.Workbook;

/// <summary>Images of one size with their labels, in memory.</summary>
/// <param name="Pixels">Bytes [image, channel, row, column].</param>
/// <param name="Labels">The class of each image, from 0.</param>
public sealed record ImageSet(byte[] Pixels, int[] Labels)
{
    /// <summary>Number of images.</summary>
    public int Count => Labels.Length;
}

/// <summary>Size of every image of a dataset.</summary>
/// <param name="Channels">1 for grey, 3 for red, green and blue.</param>
/// <param name="Height">Rows.</param>
/// <param name="Width">Columns.</param>
public sealed record ImageShape(int Channels, int Height, int Width)
{
    /// <summary>Values per image.</summary>
    public int Length => Channels * Height * Width;

    /// <inheritdoc/>
    public override string ToString() => FormattableString.Invariant($"{Width} x {Height}{(Channels == 1 ? ", grey" : "")}");
}
