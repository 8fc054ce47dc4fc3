using System.Runtime.InteropServices;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace AdEMAMix.Tests;

/// What is said about GPUs, and that the CPU's steps never ask for one.
[Collection(nameof(StandIn))]
public class CudaSupportTests(StandIn standIn)
{
    [Fact]
    public void A_machine_without_a_driver_is_told_so_in_one_sentence()
    {
        var runtime = new CudaRuntime("libno-such-driver.so.1", () => []);
        Assert.Equal("optimizer steps have no CUDA kernels here: libno-such-driver.so.1 was not found, so there is no NVIDIA driver", CudaSupport.Describe(runtime));
        Assert.Null(runtime.DeviceAt(0));
    }

    [Fact]
    public void This_machine_is_described_as_it_is()
    {
        if (NativeLibrary.TryLoad(CudaDriver.Library, out _))
            Assert.DoesNotContain("was not found, so there is no NVIDIA driver", CudaSupport.Describe());
        else
        {
            Assert.False(CudaSupport.IsAvailable);
            Assert.StartsWith("optimizer steps have no CUDA kernels here: libcuda.so.1 was not found, so there is no NVIDIA driver", CudaSupport.Describe());
        }
    }

    [Fact]
    public void A_driver_without_the_compiler_names_the_package_to_install()
    {
        standIn.Require();
        Assert.Contains("install the package nvidia-cuda-nvrtc", CudaSupport.Describe(new CudaRuntime(standIn.Library, () => ["/nowhere/libnvrtc.so.12"])));
    }

    [Fact]
    public void What_was_found_is_named()
    {
        standIn.Require();
        Assert.Equal($"optimizer steps run as CUDA kernels on Stand-in (compute capability 9.0); driver for CUDA 12.8, NVRTC 12.8 from {standIn.Library}", CudaSupport.Describe(standIn.NewRuntime()));
    }

    [Fact]
    public void A_step_on_CPU_tensors_never_asks_for_a_driver()
    {
        List<Parameter> parameters = [Make.Parameter(1, ScalarType.Float32, 40), Make.Parameter(2, ScalarType.BFloat16, 40)];
        using var optimizer = new AdEMAMix(parameters, max_grad_norm: 1)
        {
            Devices = new DeviceSteps(() => throw new InvalidOperationException("CUDA was touched"), DeviceType.CUDA),
        };
        Make.Train(optimizer, parameters, 2);
        Assert.NotNull(optimizer.LastGradientNorm);
    }

    [Fact]
    public void The_compiler_is_sought_where_libtorch_brings_it()
    {
        var root = Directory.CreateTempSubdirectory("site-packages").FullName;
        try
        {
            foreach (var file in (string[])["torch/lib/libtorch_cuda.so", "torch/lib/libnvrtc-builtins.so.12.8", "nvidia/cuda_nvrtc/lib/libnvrtc.so.12",
                "nvidia/cuda_nvrtc/lib/libnvrtc.alt.so.12", "nvidia/cu13/lib/libnvrtc.so.13", "cuda/lib64/libnvrtc.so.12"])
            {
                Directory.CreateDirectory(Path.GetDirectoryName(Path.Combine(root, file))!);
                File.WriteAllText(Path.Combine(root, file), "");
            }
            var candidates = NvrtcSearch.Candidates([$"{root}/torch/lib/libtorch_cuda.so", "/usr/lib/libc.so.6"], [$"{root}/cuda"]).ToList();
            Assert.Equal([$"{root}/nvidia/cuda_nvrtc/lib/libnvrtc.so.12", $"{root}/nvidia/cu13/lib/libnvrtc.so.13", $"{root}/cuda/lib64/libnvrtc.so.12"], candidates.Take(3));
            Assert.Contains("libnvrtc.so.12", candidates);
        }
        finally
        {
            Directory.Delete(root, recursive: true);
        }
    }
}
