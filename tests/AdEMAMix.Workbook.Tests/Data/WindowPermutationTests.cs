using Xunit;

namespace AdEMAMix.Workbook.Tests;

public sealed class WindowPermutationTests
{
    static long[] Order(long count, int seed = 1, long epoch = 0)
    {
        var order = new WindowPermutation(count, seed, epoch);
        var elements = new long[count];
        for (var i = 0L; i < count; i++) elements[i] = order[i];
        return elements;
    }

    [Fact]
    public void Every_number_appears_exactly_once()
    {
        foreach (var count in Enumerable.Range(1, 300).Select(n => (long)n).Concat([1023, 1024, 1025, 59_745, 65_536, 65_537, 159_721]))
        {
            var seen = new bool[count];
            foreach (var element in Order(count, seed: (int)count, epoch: count % 3))
            {
                Assert.False(seen[element]);
                seen[element] = true;
            }
        }
    }

    [Theory]
    [InlineData(int.MinValue, 0, 0, 0)]
    [InlineData(0, 0, 1, 0)]
    [InlineData(0, 0, 0, 1)]
    [InlineData(0, 1, 1, 0)]
    [InlineData(-1, 0, int.MaxValue, 0)]
    public void Another_seed_or_epoch_is_another_order(int seed, long epoch, int otherSeed, long otherEpoch)
    {
        var (one, other) = (Order(1000, seed, epoch), Order(1000, otherSeed, otherEpoch));
        // Two random orders agree in one place on average; twelve would happen once in 10^9 times.
        Assert.InRange(one.Zip(other).Count(pair => pair.First == pair.Second), 0, 11);
    }

    [Fact]
    public void Every_place_is_equally_likely_for_every_number()
    {
        const int Count = 13, Epochs = 13_000;
        var hits = new int[Count, Count];
        for (var epoch = 0; epoch < Epochs; epoch++)
        {
            var order = new WindowPermutation(Count, 7, epoch);
            for (var i = 0; i < Count; i++) hits[i, order[i]]++;
        }
        // Pearson's statistic of a doubly stochastic table has (n - 1)^2 = 144 degrees of freedom; five standard deviations above is 229.
        var chiSquare = 0.0;
        foreach (var hit in hits) chiSquare += Math.Pow(hit - Epochs / Count, 2) / (Epochs / Count);
        Assert.InRange(chiSquare, 65, 229);
    }

    [Fact]
    public void Neighbours_do_not_stay_neighbours()
    {
        var order = Order(10_000, seed: 3);
        // Two per 10,000 steps are neighbours by chance in a random order.
        Assert.InRange(order.Zip(order.Skip(1)).Count(pair => Math.Abs(pair.First - pair.Second) == 1), 0, 14);
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(10)]
    public void An_index_outside_is_refused(long index) => Assert.Throws<ArgumentOutOfRangeException>(() => new WindowPermutation(10, 0, 0)[index]);
}
