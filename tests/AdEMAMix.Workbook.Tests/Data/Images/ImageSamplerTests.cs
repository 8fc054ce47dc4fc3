using Xunit;

namespace AdEMAMix.Workbook.Tests;

public sealed class ImageSamplerTests
{
    static readonly ImageDataset Data = SmallImages.Dataset();

    static ImageSampler Sampler(VisionConfig? vision = null, int batch = 7, int seed = 3, ImageDataset? data = null) => new(data ?? Data, vision ?? new VisionConfig { Patch = 2 }, 0.1, batch, seed);

    static (float[] Images, float[] Targets) Batch(ImageSampler sampler, int step, int first = 0, int? rows = null)
    {
        var count = rows ?? sampler.BatchSize;
        var (images, targets) = (new float[count * 16], new float[count * 3]);
        sampler.Fill(step, first, images, targets);
        return (images, targets);
    }

    // The byte that a normalised value came from.
    static int Byte(float value) => (int)Math.Round((value * Data.Deviation[0] + Data.Mean[0]) * 255);

    [Fact]
    public void An_epoch_reads_every_image_once_and_the_next_in_another_order()
    {
        var sampler = Sampler(batch: 6);
        var first = Enumerable.Range(0, 60).Select(i => sampler.TrainingImage(i / 6, i % 6)).ToList();
        var second = Enumerable.Range(60, 60).Select(i => sampler.TrainingImage(i / 6, i % 6)).ToList();
        Assert.Equal(Enumerable.Range(0, 60), first.Order());
        Assert.Equal(Enumerable.Range(0, 60), second.Order());
        Assert.NotEqual(first, second);
    }

    [Fact]
    public void Without_augmentation_a_batch_holds_the_images_and_their_classes()
    {
        var sampler = Sampler();
        var (images, targets) = Batch(sampler, 4);
        for (var row = 0; row < 7; row++)
        {
            var image = sampler.TrainingImage(4, row);
            Assert.Equal(Data.Training.Pixels[(image * 16)..(image * 16 + 16)].Select(b => (int)b), images[(row * 16)..(row * 16 + 16)].Select(Byte));
            Assert.Equal(Enumerable.Range(0, 3).Select(c => c == image % 3 ? 1f : 0f), targets[(row * 3)..(row * 3 + 3)]);
        }
    }

    [Fact]
    public void A_batch_depends_on_seed_and_step_alone_and_its_rows_not_on_each_other()
    {
        var vision = new VisionConfig { Patch = 2, CropPadding = 1, Flip = true, Mixup = 0.3, LabelSmoothing = 0.1 };
        var whole = Batch(Sampler(vision), 9);
        Assert.Equal(whole.Images, Batch(Sampler(vision), 9).Images);
        Assert.Equal(whole.Targets, Batch(Sampler(vision), 9).Targets);
        Assert.NotEqual(whole.Images, Batch(Sampler(vision, seed: 4), 9).Images);
        Assert.NotEqual(whole.Images, Batch(Sampler(vision), 10).Images);
        var part = Batch(Sampler(vision), 9, first: 2, rows: 3);
        Assert.Equal(whole.Images[(2 * 16)..(5 * 16)], part.Images);
        Assert.Equal(whole.Targets[(2 * 3)..(5 * 3)], part.Targets);
    }

    [Fact]
    public void A_flip_mirrors_every_other_image_and_nothing_else()
    {
        var sampler = Sampler(new VisionConfig { Patch = 2, Flip = true }, batch: 60);
        var (images, _) = Batch(sampler, 0);
        var mirrored = 0;
        for (var row = 0; row < 60; row++)
        {
            var own = Data.Training.Pixels[(sampler.TrainingImage(0, row) * 16)..][..16];
            var seen = images[(row * 16)..(row * 16 + 16)].Select(v => (byte)Byte(v)).ToArray();
            if (seen.SequenceEqual(own)) continue;
            Assert.Equal(own.Chunk(4).SelectMany(r => r.Reverse()), seen);
            mirrored++;
        }
        Assert.InRange(mirrored, 15, 45);
    }

    [Fact]
    public void A_crop_shifts_by_at_most_the_padding_and_fills_with_black()
    {
        // Every pixel of its own value, none black: a shift can be read off.
        var shape = new ImageShape(1, 4, 4);
        var pixels = Enumerable.Range(0, 2 * 16).Select(i => (byte)(1 + i % 16)).ToArray();
        var data = new ImageDataset("small", shape, ["a", "b"], new ImageSet(pixels, [0, 1]), new ImageSet(pixels, [0, 1]));
        var sampler = new ImageSampler(data, new VisionConfig { Patch = 2, CropPadding = 2 }, 0.1, 200, 1);
        var (images, targets) = (new float[200 * 16], new float[200 * 2]);
        sampler.Fill(0, 0, images, targets);
        var shifts = new HashSet<(int, int)>();
        for (var row = 0; row < 200; row++)
        {
            var seen = images[(row * 16)..(row * 16 + 16)].Select(v => (int)Math.Round((v * data.Deviation[0] + data.Mean[0]) * 255)).ToArray();
            var at = Array.FindIndex(seen, v => v > 0);
            var (down, right) = ((seen[at] - 1) / 4 - at / 4, (seen[at] - 1) % 4 - at % 4);
            for (var i = 0; i < 16; i++)
            {
                var (y, x) = (i / 4 + down, i % 4 + right);
                Assert.Equal(y is >= 0 and < 4 && x is >= 0 and < 4 ? 1 + 4 * y + x : 0, seen[i]);
            }
            shifts.Add((down, right));
        }
        Assert.Equal(25, shifts.Count);
    }

    [Fact]
    public void Mixup_blends_images_and_targets_in_one_proportion()
    {
        var sampler = Sampler(new VisionConfig { Patch = 2, Mixup = 0.5 }, batch: 60);
        var (images, targets) = Batch(sampler, 0);
        var blended = 0;
        for (var row = 0; row < 60; row++)
        {
            var target = targets[(row * 3)..(row * 3 + 3)];
            Assert.Equal(1, target.Sum(), 1e-5);
            var own = sampler.TrainingImage(0, row);
            var weight = target[own % 3];
            if (weight > 0.999f) continue;
            blended++;
            // Some other image, in the rest of the proportion, makes up the difference.
            Assert.Contains(Enumerable.Range(0, 60), other => Enumerable.Range(0, 16).All(i =>
                Math.Abs(images[row * 16 + i] - weight * Plain(own, i) - (1 - weight) * Plain(other, i)) < 1e-3));
        }
        Assert.InRange(blended, 20, 60);

        static double Plain(int image, int pixel) => (Data.Training.Pixels[image * 16 + pixel] / 255.0 - Data.Mean[0]) / Data.Deviation[0];
    }

    [Theory]
    [InlineData(0.2)]
    [InlineData(0.8)]
    [InlineData(1.0)]
    public void Proportions_have_the_mean_and_variance_of_the_beta_distribution(double alpha)
    {
        var draws = Enumerable.Range(0, 20_000).Select(i => new SplitMix(7, i).Beta(alpha)).ToList();
        Assert.Equal(0.5, draws.Average(), 0.02);
        Assert.Equal(1 / (4 * (2 * alpha + 1)), draws.Average(x => (x - 0.5) * (x - 0.5)), 0.01);
    }

    [Fact]
    public void Label_smoothing_spreads_its_share_evenly()
    {
        var sampler = Sampler(new VisionConfig { Patch = 2, LabelSmoothing = 0.3 });
        var (_, targets) = Batch(sampler, 0);
        var own = sampler.TrainingImage(0, 0) % 3;
        Assert.All(Enumerable.Range(0, 3), c => Assert.Equal(c == own ? 0.8 : 0.1, targets[c], 1e-6));
    }

    [Fact]
    public void A_share_has_every_class_in_proportion_and_lies_within_a_larger_one()
    {
        var data = SmallImages.Dataset(training: 300);
        var (tenth, third) = (Read(0.1), Read(1 / 3.0));
        Assert.Equal((30, 99), (tenth.Count, third.Count));
        Assert.Subset(third, tenth);
        Assert.All(tenth.CountBy(i => data.Training.Labels[i]), c => Assert.Equal(10, c.Value));
        Assert.NotEqual(tenth, Read(0.1, seed: 4));

        HashSet<int> Read(double share, int seed = 3)
        {
            var sampler = Sampler(new VisionConfig { Patch = 2, TrainingShare = share }, seed: seed, data: data);
            return [.. Enumerable.Range(0, sampler.ImagesPerEpoch).Select(i => sampler.TrainingImage(i / 7, i % 7))];
        }
    }

    [Fact]
    public void Images_held_out_are_never_trained_on_and_the_same_for_every_seed()
    {
        var vision = new VisionConfig { Patch = 2, HoldOut = true };
        var held = HeldOut(3);
        Assert.Equal(6, held.Count);
        Assert.Equal(held, HeldOut(4));

        List<float> HeldOut(int seed)
        {
            var sampler = Sampler(vision, batch: 54, seed: seed);
            Assert.Equal((54, 6), (sampler.ImagesPerEpoch, sampler.EvaluationCapacity));
            var trained = Enumerable.Range(0, 54).Select(i => sampler.TrainingImage(0, i)).ToHashSet();
            var (images, labels) = (new float[6 * 16], new long[6]);
            sampler.FillEvaluation(ImagePart.Test, 0, 6, images, labels);
            // Image i begins with the byte i.
            var firsts = Enumerable.Range(0, 6).Select(row => images[row * 16]).ToList();
            Assert.All(firsts, first => Assert.DoesNotContain(Byte(first), trained));
            Assert.Equal(Enumerable.Range(0, 6).Select(row => (long)Byte(firsts[row]) % 3), labels);
            return firsts;
        }
    }

    [Fact]
    public void Without_test_images_some_are_held_out()
    {
        var data = new ImageDataset("small", Data.Shape, Data.Classes, Data.Training, new ImageSet([], []));
        Assert.Equal((54, 6), (Sampler(data: data).ImagesPerEpoch, Sampler(data: data).EvaluationCapacity));
    }

    [Fact]
    public void An_evaluation_is_spread_over_its_images_and_reads_each_at_most_once()
    {
        var sampler = Sampler();
        var (images, labels) = (new float[10 * 16], new long[10]);
        sampler.FillEvaluation(ImagePart.Test, 0, 10, images, labels);
        Assert.Equal(Enumerable.Range(0, 10).Select(i => 2 * i), Enumerable.Range(0, 10).Select(row => Byte(images[row * 16])));
        sampler.FillEvaluation(ImagePart.Test, 7, 10, images.AsSpan(0, 16), labels.AsSpan(0, 1));
        Assert.Equal(14, Byte(images[0]));
        Assert.Throws<ArgumentOutOfRangeException>(() => sampler.FillEvaluation(ImagePart.Test, 0, 21, images, labels));
    }
}
