using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace AdEMAMix.Workbook;

/// <summary>A peer implementation in a Python process: commands on its stdin, one JSON line per answer, so that blocks of both sides alternate.</summary>
sealed partial class PythonPeer : IDisposable
{
    const string BlasKernels = "OPENBLAS_CORETYPE";

    readonly Process process;
    readonly string script;

    PythonPeer(Process process, string script, JsonElement about) => (this.process, this.script, About) = (process, script, about);

    /// <summary>What the peer said of itself.</summary>
    public JsonElement About { get; }

    /// <summary>Starts a script that needs python3-torch.</summary>
    /// <param name="script">The script.</param>
    /// <param name="arguments">Its one argument, as JSON.</param>
    /// <param name="threads">Threads of its libraries.</param>
    /// <param name="reason">Why there is no peer; null where there is one.</param>
    /// <returns>The peer, or null.</returns>
    public static PythonPeer? Start(string script, object arguments, int threads, out string? reason)
    {
        reason = File.Exists(script) ? "python3-torch is not installed (apt-get install python3-torch)" : $"'{script}' is missing";
        if (!File.Exists(script)) return null;
        foreach (var python in new[] { "/usr/bin/python3", "python3" })
        {
            var start = new ProcessStartInfo(python, [script, JsonSerializer.Serialize(arguments)]) { RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
            // Which kernels OpenBLAS takes was decided when libtorch was loaded here; the peer takes the same.
            if (Marshal.PtrToStringUTF8(Variable(BlasKernels)) is { } kernels) start.Environment[BlasKernels] = kernels;
            start.Environment["OMP_NUM_THREADS"] = start.Environment["OPENBLAS_NUM_THREADS"] = threads.ToString(CultureInfo.InvariantCulture);
            try
            {
                var process = Process.Start(start)!;
                process.ErrorDataReceived += (_, _) => { };
                process.BeginErrorReadLine();
                if (process.StandardOutput.ReadLine() is { } line)
                {
                    reason = null;
                    return new PythonPeer(process, script, JsonDocument.Parse(line).RootElement);
                }
                process.Dispose();
            }
            catch (Win32Exception)
            {
                // No such python: the next one.
            }
        }
        return null;
    }

    /// <summary>Has the peer do something several times.</summary>
    /// <returns>Seconds, by the peer's own clock.</returns>
    public double Run(string command, int times)
    {
        process.StandardInput.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{command} {times}"));
        process.StandardInput.Flush();
        var line = process.StandardOutput.ReadLine()
            ?? throw new RunException($"The PyTorch peer ended in the middle of the benchmark: run it again, and look at 'python3 {Path.GetFileName(script)}' if that stays.");
        return JsonDocument.Parse(line).RootElement.GetProperty("seconds").GetDouble();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        process.StandardInput.Close();
        process.WaitForExit();
        process.Dispose();
    }

    // .NET's own copy of the environment does not have what native code has set.
    [LibraryImport("libc", EntryPoint = "getenv", StringMarshalling = StringMarshalling.Utf8)]
    private static partial nint Variable(string name);
}
