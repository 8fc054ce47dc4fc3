// The address of a tensor's first element. TorchSharp has no public call for it that is right for views and every dtype,
// but the native library beside it exports one; the stand-in of lib/Compat exports the same name.
using System.Diagnostics;
using System.Runtime.InteropServices;
using TorchSharp;

namespace AdEMAMix;

/// <summary>Finds <c>THSTensor_data</c>, which is <c>at::Tensor::data_ptr()</c>.</summary>
static unsafe class TensorPointer
{
    const string Export = "THSTensor_data";

    static readonly string[] Libraries = ["LibTorchSharp", "CompatTorch"];

    static readonly delegate* unmanaged<nint, void*> Data = Find();

    /// <summary>The address of the tensor's first element, on whatever device it lies; null for an empty tensor.</summary>
    public static void* Of(torch.Tensor tensor) => Data(tensor.Handle);

    static delegate* unmanaged<nint, void*> Find()
    {
        var assembly = typeof(torch.Tensor).Assembly;
        foreach (var name in Libraries)
            if (NativeLibrary.TryLoad(name, assembly, null, out var library) && NativeLibrary.TryGetExport(library, Export, out var address))
                return (delegate* unmanaged<nint, void*>)address;

        // The package may have loaded it from a directory of its own; by now it is in the process.
        foreach (ProcessModule module in Process.GetCurrentProcess().Modules)
            if (Libraries.Any(name => module.ModuleName.Contains(name, StringComparison.Ordinal))
                && NativeLibrary.TryLoad(module.FileName, out var library) && NativeLibrary.TryGetExport(library, Export, out var address))
                return (delegate* unmanaged<nint, void*>)address;

        throw new DllNotFoundException(
            $"no loaded library exports {Export}: neither libLibTorchSharp nor libCompatTorch was found beside {assembly.GetName().Name}; "
            + "reinstall the TorchSharp package, or build lib/Compat/TorchSharp again");
    }
}
