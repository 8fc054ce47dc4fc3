// Which of OpenBLAS's kernels compute the matrix products.

using System.Runtime.InteropServices;
using System.Runtime.Intrinsics.X86;

namespace TorchSharp.Native;

/// <summary>
/// OpenBLAS chooses its kernels by the processor's model number, and a version that is older than the processor falls back to those of 2004
/// ("Prescott", four floats at a time). The instruction set says better what the processor can do, so it decides, unless the user has.
/// </summary>
internal static partial class BlasKernels
{
    const string Variable = "OPENBLAS_CORETYPE";

    /// <summary>Names the kernels in this process's environment. Call it before OpenBLAS is loaded: it looks there once.</summary>
    internal static void Choose()
    {
        // .NET's own environment is a copy that native libraries do not see.
        if (Best() is { } kernels) _ = SetVariable(Variable, kernels, overwrite: 0);
    }

    static string? Best() =>
        Avx512F.IsSupported && Avx512BW.IsSupported && Avx512CD.IsSupported && Avx512DQ.IsSupported && Avx512F.VL.IsSupported ? "SKYLAKEX"
        : Avx2.IsSupported && Fma.IsSupported ? "HASWELL"
        : null;

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial int SetVariable(string name, string value, int overwrite);
}
