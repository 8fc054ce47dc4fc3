using System.Diagnostics;
using Xunit;

namespace AdEMAMix.Tests;

/// The kernels as real CUDA: clang translates them to NVIDIA's PTX without any toolkit of NVIDIA's.
public class PtxTests
{
    static readonly string[] Compilers = ["clang++", "clang++-19", "clang++-16", "clang++-14", "clang", "clang-19", "clang-16", "clang-14"];

    public static TheoryData<string, string> Kinds => new()
    {
        { "AdEMAMixRule, float, Float32, Float32, Float32, Float32", @"ld(\.global)?\.v4\.f32" },
        { "AdEMAMixRule, double, Float64, Float64, Float64, Float64", @"ld(\.global)?\.v2\.f64" },
        { "AdEMAMixWithoutFastRule, float, BFloat16, BFloat16Stochastic, BFloat16Stochastic, None", @"ld(\.global)?\.v4\.[bu]16" },
        { "AdEMAMixRule, float, BFloat16, Signed8, Signed8, Unsigned8", @"ld\.shared" },
    };

    [Theory]
    [MemberData(nameof(Kinds))]
    public void The_kernels_are_valid_CUDA_without_fused_operations_or_spilled_arrays(string kind, string wideLoad)
    {
        var folder = Directory.CreateTempSubdirectory("ademamix-ptx-").FullName;
        try
        {
            var (source, ptx) = (Path.Combine(folder, "kernels.cu"), Path.Combine(folder, "kernels.ptx"));
            File.WriteAllText(source, File.ReadAllText(Path.Combine(AppContext.BaseDirectory, "Cuda", "ptx_prelude.h"))
                + $"#define ADEMAMIX_KINDS(X) X(0, {kind})\n" + CudaSource.Text);
            Translate(source, ptx);
            var text = File.ReadAllText(ptx);
            foreach (var kernel in (string[])["sum_squares", "clip_factor", "update"])
                Assert.Contains($".entry {kernel}(", text);
            Assert.DoesNotContain("fma", text);                 // one rounding per operation
            Assert.DoesNotContain(".local", text);              // small arrays live in registers
            Assert.Matches(@"sqrt\.rn\.", text);
            Assert.DoesNotMatch(@"sqrt\.approx|div\.(approx|full)", text);
            Assert.Matches(wideLoad, text[text.IndexOf(".entry update", StringComparison.Ordinal)..]);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    static void Translate(string source, string ptx)
    {
        foreach (var compiler in Compilers)
        {
            try
            {
                using var targets = Process.Start(new ProcessStartInfo(compiler, ["--print-targets"]) { RedirectStandardOutput = true })!;
                var known = targets.StandardOutput.ReadToEnd();
                targets.WaitForExit();
                if (!known.Contains("nvptx64", StringComparison.Ordinal))
                    continue;
            }
            catch (System.ComponentModel.Win32Exception)
            {
                continue;
            }
            using var clang = Process.Start(new ProcessStartInfo(compiler, ["-x", "cuda", "--cuda-device-only", "-nocudainc", "-nocudalib", "--cuda-gpu-arch=sm_80",
                "-std=c++17", "-ffp-contract=off", "-O3", "-S", "-o", ptx, source])
            { RedirectStandardError = true })!;
            var log = clang.StandardError.ReadToEnd();
            clang.WaitForExit();
            Assert.True(clang.ExitCode == 0, log);
            return;
        }
        Assert.Skip("no clang with NVIDIA's target is installed, which would translate the kernels without a CUDA toolkit");
    }
}
