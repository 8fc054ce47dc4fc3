using Xunit;

namespace AdEMAMix.Workbook.Tests;

public sealed class BatchPrefetcherTests : IDisposable
{
    readonly ShardFixture fixture = new();

    public void Dispose() => fixture.Dispose();

    WindowSampler Sampler(ushort[]? tokens = null)
    {
        fixture.Write("train.bin", tokens ?? ShardFixture.Counting(0, 5000));
        return new WindowSampler(fixture.Load(), context: 8, batchSize: 4, seed: 1);
    }

    static void Same(WindowSampler sampler, BatchPrefetcher prefetcher, long step, int firstRow, int rows)
    {
        var (inputs, targets, expected, expectedTargets) = (new long[rows * 8], new long[rows * 8], new long[rows * 8], new long[rows * 8]);
        prefetcher.Fill(step, inputs, targets);
        sampler.Fill(step, firstRow, rows, expected, expectedTargets);
        Assert.Equal(expected, inputs);
        Assert.Equal(expectedTargets, targets);
    }

    [Theory]
    [InlineData(0, 4, 1)]
    [InlineData(0, 4, 2)]
    [InlineData(2, 1, 3)]
    public void Batches_are_the_samplers_in_order_and_out_of_it(int firstRow, int rows, int ahead)
    {
        var sampler = Sampler();
        using var prefetcher = new BatchPrefetcher(sampler, firstRow, rows, ahead);
        for (var step = 0; step < 300; step++) Same(sampler, prefetcher, step, firstRow, rows);
        foreach (var step in new long[] { 17, 18, 5, 5, 5, 1_000_000_000_000, 6, 7, 8, 9 }) Same(sampler, prefetcher, step, firstRow, rows);
    }

    [Fact]
    public void A_resumed_run_reads_what_the_uninterrupted_one_would_have_read()
    {
        var sampler = Sampler();
        using var other = new BatchPrefetcher(sampler);
        Same(sampler, other, 123, 0, 4);
        Same(sampler, other, 124, 0, 4);
    }

    [Fact]
    public void An_error_comes_to_the_step_that_it_concerns_and_to_no_other()
    {
        var tokens = ShardFixture.Counting(0, 5000);
        tokens[1234] = 60_000;
        var sampler = Sampler(tokens);
        var bad = Enumerable.Range(0, 200).First(step => Enumerable.Range(0, 4).Any(row => sampler.TrainingWindow(step, row) is var start && start <= 1234 && start + 9 > 1234));
        Assert.InRange(bad, 1, 140);
        using var prefetcher = new BatchPrefetcher(sampler);
        var (inputs, targets) = (new long[32], new long[32]);
        for (var step = 0; step < bad; step++) Same(sampler, prefetcher, step, 0, 4);
        for (var again = 0; again < 2; again++)
            Assert.Contains("Token 60000 at position 1,234", Assert.Throws<DataException>(() => prefetcher.Fill(bad, inputs, targets)).Message, StringComparison.Ordinal);
        Same(sampler, prefetcher, bad + 1, 0, 4);
    }

    [Fact]
    public void Disposal_ends_the_reading_thread()
    {
        var sampler = Sampler();
        var prefetcher = new BatchPrefetcher(sampler);
        Same(sampler, prefetcher, 0, 0, 4);
        prefetcher.Dispose();
        prefetcher.Dispose();
        Assert.Throws<ObjectDisposedException>(() => prefetcher.Fill(1, new long[32], new long[32]));
        new BatchPrefetcher(sampler).Dispose();
    }

    [Fact]
    public void Rows_outside_the_batch_are_refused()
    {
        var sampler = Sampler();
        Assert.Throws<ArgumentOutOfRangeException>(() => new BatchPrefetcher(sampler, firstRow: 3, rows: 2));
        Assert.Throws<ArgumentOutOfRangeException>(() => new BatchPrefetcher(sampler, ahead: 0));
        using var prefetcher = new BatchPrefetcher(sampler);
        Assert.Throws<ArgumentException>(() => prefetcher.Fill(0, new long[31], new long[31]));
    }
}
