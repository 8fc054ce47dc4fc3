using Xunit;

namespace AdEMAMix.Tests;

/// The structs that C# fills and CUDA reads.
[Collection(nameof(StandIn))]
public unsafe class KernelLayoutTests(StandIn standIn)
{
    [Fact]
    public void Tables_have_the_same_layout_in_CSharp_and_in_CUDA()
    {
        standIn.Require();
        var (array, scalars, row, chunk) = (default(DeviceArray), default(StepScalars), default(TensorRow), default(DeviceChunk));
        List<long> expected =
        [
            sizeof(DeviceArray), At(&array, &array.Data), At(&array, &array.Scales), At(&array, &array.RandomKey), At(&array, &array.Format),
            sizeof(StepScalars), At(&scalars, &scalars.LearningRate), At(&scalars, &scalars.WeightDecay), At(&scalars, &scalars.Epsilon),
            At(&scalars, &scalars.Alpha), At(&scalars, &scalars.Beta1), At(&scalars, &scalars.OneMinusBeta1), At(&scalars, &scalars.OneMinusBeta2),
            At(&scalars, &scalars.OneMinusBeta3), At(&scalars, &scalars.InverseBias1), At(&scalars, &scalars.InverseRootBias2),
            At(&scalars, &scalars.GradientScale), At(&scalars, &scalars.OneMinusBeta2Silent),
            sizeof(TensorRow), At(&row, &row.Theta), At(&row, &row.Gradient), At(&row, &row.A), At(&row, &row.B), At(&row, &row.C),
            At(&row, &row.Scalars), At(&row, &row.Length), At(&row, &row.Kind), At(&row, &row.Reserved),
            sizeof(DeviceChunk), At(&chunk, &chunk.Start), At(&chunk, &chunk.Row), At(&chunk, &chunk.Length),
            CudaTable.ChunkLength, CudaStep.Block, CudaStep.ReduceBlock, (long)ElementFormat.Float32, (long)ElementFormat.Float64, (long)ElementFormat.BFloat16,
        ];
        Assert.Equal(expected, standIn.Layout());

        static long At(void* whole, void* field) => (byte*)field - (byte*)whole;
    }

    [Fact]
    public void Every_rule_of_the_CPU_has_its_form_in_CUDA()
    {
        var rules = typeof(ElementwiseOptimizer).Assembly.GetTypes()
            .Where(type => type.IsValueType && type.GetInterfaces().Any(i => i.IsGenericType && i.GetGenericTypeDefinition() == typeof(IUpdateRule<,>)))
            .Select(type => type.Name.Split('`')[0]).ToHashSet();
        Assert.Contains("AdEMAMixRule", rules);
        Assert.Equal(rules, CudaSource.Rules.ToHashSet());
    }
}
