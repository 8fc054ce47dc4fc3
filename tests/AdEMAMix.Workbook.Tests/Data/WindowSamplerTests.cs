using System.Text.Json;
using Xunit;

namespace AdEMAMix.Workbook.Tests;

public sealed class WindowSamplerTests
{
    /// <summary>Token i is i modulo 60,000, so that a window shows where it comes from.</summary>
    static TokenDataset Counting(int length) =>
        new(TextCorpus.OfText("counting", string.Concat(Enumerable.Range(0, length).Select(i => char.ConvertFromUtf32(0x10000 + i % 60_000)))), 0.5);

    static WindowSampler Sampler(int trainingTokens, int context = 8, int batch = 4, int seed = 1) => new(Counting(2 * trainingTokens), context, batch, seed);

    [Fact]
    public void The_order_is_the_one_that_its_description_gives()
    {
        using var cases = JsonDocument.Parse(File.ReadAllBytes(DataFixture.Fixture("window_order.json")));
        Assert.Equal(4, cases.RootElement.GetArrayLength());
        foreach (var expected in cases.RootElement.EnumerateArray())
        {
            var sampler = Sampler(expected.GetProperty("trainingTokens").GetInt32(), expected.GetProperty("context").GetInt32(),
                expected.GetProperty("batchSize").GetInt32(), expected.GetProperty("seed").GetInt32());
            foreach (var step in expected.GetProperty("starts").EnumerateObject())
            {
                var starts = Enumerable.Range(0, sampler.BatchSize).Select(b => sampler.TrainingWindow(int.Parse(step.Name, System.Globalization.CultureInfo.InvariantCulture), b));
                Assert.Equal(step.Value.EnumerateArray().Select(start => start.GetInt64()), starts);
            }
        }
    }

    [Fact]
    public void An_epoch_reads_every_window_once_and_from_an_offset_of_its_own()
    {
        var sampler = Sampler(1003);
        Assert.Equal(124, sampler.WindowsPerEpoch);
        var offsets = new HashSet<long>();
        for (var epoch = 0; epoch < 20; epoch++)
        {
            var starts = Enumerable.Range(epoch * 31, 31).SelectMany(step => Enumerable.Range(0, 4).Select(b => sampler.TrainingWindow(step, b))).Order().ToArray();
            offsets.Add(starts[0]);
            Assert.Equal(Enumerable.Range(0, 124).Select(i => starts[0] + 8L * i), starts);
            Assert.InRange(starts[^1] + 8, 0, 1002); // the last target
        }
        Assert.InRange(offsets.Count, 4, 11); // 11 offsets are possible
    }

    [Fact]
    public void Targets_are_the_tokens_that_follow_the_inputs()
    {
        var data = Counting(2000);
        var sampler = new WindowSampler(data, context: 8, batchSize: 4, seed: 1);
        var (inputs, targets) = (new long[32], new long[32]);
        sampler.Fill(17, inputs, targets);
        for (var row = 0; row < 4; row++)
        {
            var start = sampler.TrainingWindow(17, row);
            Assert.Equal(Enumerable.Range((int)start, 8).Select(i => (long)i), inputs.Skip(8 * row).Take(8));
            Assert.Equal(Enumerable.Range((int)start + 1, 8).Select(i => (long)i), targets.Skip(8 * row).Take(8));
        }
    }

    [Fact]
    public void A_new_sampler_continues_where_another_stopped()
    {
        var (one, other) = (new long[32], new long[32]);
        var targets = new long[32];
        var first = Sampler(1003);
        for (var step = 0; step <= 500; step++) first.Fill(step, one, targets);
        Sampler(1003).Fill(500, other, targets);
        Assert.Equal(one, other);
        Sampler(1003, seed: 2).Fill(500, other, targets);
        Assert.NotEqual(one, other);
    }

    [Fact]
    public void Some_rows_of_a_batch_are_those_rows_of_the_whole()
    {
        var sampler = Sampler(1003);
        var (whole, wholeTargets, part, partTargets) = (new long[32], new long[32], new long[16], new long[16]);
        sampler.Fill(40, whole, wholeTargets);
        sampler.Fill(40, firstRow: 1, rows: 2, part, partTargets);
        Assert.Equal(whole[8..24], part);
        Assert.Equal(wholeTargets[8..24], partTargets);
        Assert.Throws<ArgumentOutOfRangeException>(() => sampler.Fill(40, firstRow: 3, rows: 2, part, partTargets));
        Assert.Throws<ArgumentException>(() => sampler.Fill(40, firstRow: 1, rows: 1, part, partTargets));
    }

    [Fact]
    public void The_shortest_possible_text_gives_its_only_window()
    {
        var sampler = Sampler(9);
        Assert.Equal(1, sampler.WindowsPerEpoch);
        for (var step = 0; step < 10; step++) Assert.Equal(0, sampler.TrainingWindow(step, 3));
        Assert.Equal(0, sampler.ValidationWindow(0, 1));
        Assert.Throws<DataException>(() => Sampler(8));
    }

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(7)]
    [InlineData(125)]
    public void Validation_windows_are_spread_evenly_without_overlap(int count)
    {
        var sampler = Sampler(1003);
        Assert.Equal(125, sampler.ValidationCapacity);
        var starts = Enumerable.Range(0, count).Select(i => sampler.ValidationWindow(i, count)).ToArray();
        if (count > 1)
        {
            Assert.Equal(0, starts[0]);
            Assert.Equal(1003 - 1 - 8, starts[^1]);
            var gaps = starts.Zip(starts.Skip(1)).Select(pair => pair.Second - pair.First).ToArray();
            Assert.InRange(gaps.Min(), 8, long.MaxValue);
            Assert.InRange(gaps.Max() - gaps.Min(), 0, 1);
        }
        else
        {
            Assert.Equal(497, starts[0]);
        }
    }

    [Fact]
    public void An_evaluation_may_be_read_in_parts()
    {
        var sampler = Sampler(1003);
        var (whole, wholeTargets) = (new long[10 * 8], new long[10 * 8]);
        sampler.FillValidation(0, 10, whole, wholeTargets);
        Assert.Equal(whole[1..8], wholeTargets[..7]);
        Assert.Equal(1003, whole[0]); // the first validation token
        var (part, partTargets) = (new long[3 * 8], new long[3 * 8]);
        sampler.FillValidation(6, 10, part, partTargets);
        Assert.Equal(whole[48..72], part);
        Assert.Equal(wholeTargets[48..72], partTargets);
    }

    [Fact]
    public void Wrong_sizes_are_refused()
    {
        var sampler = Sampler(1003);
        Assert.Throws<ArgumentException>(() => sampler.Fill(0, new long[32], new long[31]));
        Assert.Throws<ArgumentException>(() => sampler.Fill(0, new long[24], new long[24]));
        Assert.Throws<ArgumentException>(() => sampler.FillValidation(0, 10, new long[9], new long[9]));
        Assert.Throws<ArgumentOutOfRangeException>(() => sampler.FillValidation(9, 10, new long[16], new long[16]));
        Assert.Throws<ArgumentOutOfRangeException>(() => sampler.Fill(-1, new long[32], new long[32]));
        Assert.Throws<ConfigException>(() => Sampler(1003, context: 0));
        Assert.Throws<ConfigException>(() => Sampler(1003, batch: 0));
    }
}
