using System.Runtime.Intrinsics.X86;
using Xunit;

namespace AdEMAMix.Workbook.Tests;

public sealed class RunEnvironmentTests
{
    [Fact]
    public void OpenBLAS_computes_with_the_processors_instruction_set()
    {
        using var one = TorchSharp.torch.ones(1);
        var blas = RunEnvironment.Capture(null).Blas;
        if (!blas.StartsWith("OpenBLAS", StringComparison.Ordinal)) Assert.Skip($"BLAS is {blas}, which chooses for itself.");
        Assert.SkipUnless(Avx2.IsSupported, "The processor has nothing newer than OpenBLAS's oldest kernels.");
        Assert.EndsWith(" kernels", blas, StringComparison.Ordinal);
        Assert.DoesNotContain("Prescott", blas);
    }
}
