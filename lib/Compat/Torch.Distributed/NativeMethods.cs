// The functions of native/c10d.cpp. The library is loaded by the first of them that is called.

using System.Reflection;
using System.Runtime.InteropServices;

namespace TorchSharp.Distributed.Native;

internal static unsafe partial class NativeMethods
{
    const string Library = "CompatC10d";

    static NativeMethods() => NativeLibrary.SetDllImportResolver(typeof(NativeMethods).Assembly, Resolve);

    static nint Resolve(string name, Assembly assembly, DllImportSearchPath? path)
    {
        if (name != Library) return 0;
        var folder = Path.GetDirectoryName(assembly.Location);
        if (string.IsNullOrEmpty(folder)) folder = AppContext.BaseDirectory;
        var file = Path.Combine(folder, "libCompatC10d.so");
        if (!File.Exists(file))
            throw new distributed.DistError("Process groups are not available here (libCompatC10d.so is missing): run 'environment/workbook setup' with a libtorch that has c10d with Gloo, or train in one process.");
        try
        {
            return NativeLibrary.Load(file);
        }
        catch (DllNotFoundException e)
        {
            // The runtime's message ends with the loader's own words.
            var cause = e.Message.Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)[^1];
            throw new distributed.DistError($"The library of the process groups cannot be loaded: run 'environment/workbook setup' ({cause}).");
        }
    }

    [LibraryImport(Library)] internal static partial nint cd_error();
    [LibraryImport(Library)] internal static partial int cd_backends();

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)] internal static partial nint cd_store(string host, int port, int isServer, long timeout);
    [LibraryImport(Library)] internal static partial void cd_store_free(nint store);
    [LibraryImport(Library)] internal static partial int cd_store_port(nint store);
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)] internal static partial int cd_store_set(nint store, string key, byte* bytes, long count);
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)] internal static partial long cd_store_get(nint store, string key, byte* bytes, long capacity);
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)] internal static partial int cd_store_add(nint store, string key, long amount, long* sum);
    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)] internal static partial int cd_store_check(nint store, string key);

    [LibraryImport(Library, StringMarshalling = StringMarshalling.Utf8)] internal static partial nint cd_group(int nccl, nint store, string prefix, int rank, int size, long timeout, string address, string network);
    [LibraryImport(Library)] internal static partial int cd_group_free(nint group);

    [LibraryImport(Library)] internal static partial nint cd_all_reduce(nint group, nint tensor, int op);
    [LibraryImport(Library)] internal static partial nint cd_broadcast(nint group, nint tensor, int source);
    [LibraryImport(Library)] internal static partial nint cd_all_gather(nint group, nint* outputs, nint input);
    [LibraryImport(Library)] internal static partial nint cd_all_gather_into(nint group, nint output, nint input);
    [LibraryImport(Library)] internal static partial nint cd_barrier(nint group);

    [LibraryImport(Library)] internal static partial int cd_work_wait(nint work, long timeout);
    [LibraryImport(Library)] internal static partial int cd_work_done(nint work);
    [LibraryImport(Library)] internal static partial long cd_work_nanoseconds(nint work);
    [LibraryImport(Library)] internal static partial void cd_work_free(nint work);
    [LibraryImport(Library)] internal static partial long cd_bytes_sent();

    /// <summary>c10d's or Gloo's own words about the last failure on this thread, on one line.</summary>
    internal static string Error() =>
        (Marshal.PtrToStringUTF8(cd_error()) ?? "").Split('\n', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).FirstOrDefault() ?? "";
}
