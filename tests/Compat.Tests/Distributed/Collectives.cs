using Xunit;

namespace Compat.Tests.Distributed;

/// <summary>What the ranks compute together, against what one process computes from all ranks' tensors.</summary>
public sealed class Collectives
{
    static async Task<Job.Outcome[]> Run(string scenario, int size)
    {
        using var job = new Job();
        var outcomes = await Job.End(job.StartAll(scenario, size));
        Assert.All(outcomes, outcome => Assert.True(outcome.Code == 0, $"code {outcome.Code}: {outcome.Error}"));
        return outcomes;
    }

    // As RankProgram.Own.
    static double[] Own(int rank) => [1 + rank, 2 + rank, 3 * (rank + 1)];

    static double[] Reduced(int size, Func<IEnumerable<double>, double> reduce) =>
        [.. Enumerable.Range(0, 3).Select(i => reduce(Enumerable.Range(0, size).Select(rank => Own(rank)[i])))];

    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(4)]
    public async Task Every_rank_gets_what_one_process_would_compute(int size)
    {
        foreach (var outcome in await Run("values", size))
        {
            foreach (var type in new[] { "Float32", "Float64", "Float16", "Int64", "Int32", "Byte", "Int8" })
            {
                Assert.Equal(Reduced(size, Enumerable.Sum), outcome[$"SUM {type}"]);
                Assert.Equal(Reduced(size, Enumerable.Min), outcome[$"MIN {type}"]);
                Assert.Equal(Reduced(size, Enumerable.Max), outcome[$"MAX {type}"]);
                var product = Reduced(size, values => values.Aggregate(1.0, (a, b) => a * b));
                Assert.Equal(product.Select(value => type switch { "Byte" => unchecked((byte)(long)value), "Int8" => unchecked((sbyte)(long)value), _ => value }), outcome[$"PRODUCT {type}"]);
                if (type.StartsWith("Float", StringComparison.Ordinal)) Assert.Equal(Reduced(size, Enumerable.Average), outcome[$"AVG {type}"]);
            }
            foreach (var type in new[] { "Float32", "Int64", "BFloat16", "Bool" })
            {
                double Value(double value) => type == "Bool" ? Math.Min(value, 1) : value;
                for (var source = 0; source < size; source++) Assert.Equal(Own(source).Select(Value), outcome[$"broadcast {source} {type}"]);
                var all = Enumerable.Range(0, size).SelectMany(Own).Select(Value).ToArray();
                Assert.Equal(all, outcome[$"gather {type}"]);
                Assert.Equal(all, outcome[$"list {type}"]);
            }
            double sum = size * (size + 1) / 2;
            Assert.Equal([sum, sum], outcome["parameter"]);
            Assert.Equal([0, 0, size, size, 0, 0], outcome["part"]);
            Assert.Equal(Enumerable.Range(0, size).SelectMany(rank => new double[] { rank, rank }), outcome["in place"]);
            // Buckets in flight together, waited for from the last to the first.
            Assert.Equal(Enumerable.Range(0, 20).Select(i => i + (size - 1) / 2.0), outcome["means"]);
            Assert.Equal([0.0], outcome["spread"]);
            Assert.Empty(outcome.Error);
        }
    }

    [Fact]
    public async Task Two_ranks_send_the_payload_once_and_a_group_can_be_formed_again()
    {
        var outcomes = await Run("again", 2);
        for (var rank = 0; rank < 2; rank++)
        {
            Assert.Equal([4_000_000, 1, 1], outcomes[rank]["payload"]);
            Assert.Equal([0.0], outcomes[rank]["kinds"]);
            // A kernel that does not count says -1.
            var sent = Assert.Single(outcomes[rank]["sent"]);
            if (sent >= 0) Assert.InRange(sent, 4_000_000, 4_400_000);
            Assert.Equal([(double)rank], outcomes[rank]["again"]);
        }
    }

    [Fact]
    public async Task Ending_without_leaving_is_clean()
    {
        foreach (var outcome in await Run("vanish", 2)) Assert.Empty(outcome.Error);
    }
}
