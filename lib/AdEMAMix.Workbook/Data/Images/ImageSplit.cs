namespace AdEMAMix.Workbook;

/// <summary>Which training images are trained on and which are held out, class by class, so that every part has the classes in the same proportion.</summary>
/// <param name="Training">Indices of the images to train on, ascending.</param>
/// <param name="HeldOut">Indices of the images that are kept back, ascending.</param>
sealed record ImageSplit(int[] Training, int[] HeldOut)
{
    // The images held out must not depend on the run's seed: hyperparameters are compared on them.
    const int HoldOutSeed = 0;

    /// <summary>The split of a dataset's training images.</summary>
    /// <param name="labels">Their labels.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="heldOut">Share of each class that is kept back; 0 for none.</param>
    /// <param name="share">Share of the rest of each class that is trained on, at least one image of each.</param>
    /// <param name="seed">Decides which; with one seed a smaller share is a part of a larger one.</param>
    public static ImageSplit Of(int[] labels, int classes, double heldOut, double share, int seed)
    {
        var members = Enumerable.Range(0, classes).Select(_ => new List<int>()).ToArray();
        for (var i = 0; i < labels.Length; i++) members[labels[i]].Add(i);
        var (training, kept) = (new List<int>(), new List<int>());
        for (var label = 0; label < classes; label++)
        {
            if (members[label].Count == 0) continue;
            var shuffled = Shuffled(members[label], HoldOutSeed, label);
            // One image at least on either side; a class of a single image is only trained on.
            var back = heldOut > 0 ? Math.Min(shuffled.Count - 1, Math.Max(1, (int)Math.Round(heldOut * shuffled.Count))) : 0;
            kept.AddRange(shuffled[..back]);
            var rest = Shuffled(shuffled[back..], seed, classes + label);
            training.AddRange(rest[..Math.Max(1, (int)Math.Round(share * rest.Count))]);
        }
        return new ImageSplit([.. training.Order()], [.. kept.Order()]);
    }

    static List<int> Shuffled(List<int> images, int seed, int place)
    {
        var order = new WindowPermutation(images.Count, seed, place);
        return [.. Enumerable.Range(0, images.Count).Select(i => images[(int)order[i]])];
    }
}
