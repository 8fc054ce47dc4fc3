// The kernel as a front end waits for it: measured through Jupyter's own client, by a script over python3-jupyter-client.

using System.Diagnostics;
using System.Globalization;
using System.Text.Json.Nodes;
using AdEMAMix.Notebooks;
using AdEMAMix.Workbook;

namespace AdEMAMix.Cli;

static class KernelLatency
{
    const string Python = "/usr/bin/python3";
    const string Client = "/usr/lib/python3/dist-packages/jupyter_client";

    /// <summary>Seconds to the first result and milliseconds of a round trip, or null where there is no client to measure with.</summary>
    internal static async Task<JsonObject?> MeasureAsync(WorkbookPaths paths)
    {
        var script = Path.Combine(paths.Root, "tests", "benchmarks", "kernel_latency.py");
        if (!Directory.Exists(Client) || !File.Exists(script)) return null;
        var data = Directory.CreateTempSubdirectory("workbook-kernel-");
        try
        {
            new KernelSpec(Path.Combine(paths.Root, "environment", "workbook"), new JupyterFolders(data.FullName, [])).Install(new Dictionary<string, string>());
            var start = new ProcessStartInfo(Python, [script, KernelSpec.StandardName]) { RedirectStandardOutput = true };
            start.Environment["JUPYTER_DATA_DIR"] = data.FullName;
            using var process = Process.Start(start)!;
            var line = await process.StandardOutput.ReadToEndAsync();
            await process.WaitForExitAsync();
            return process.ExitCode == 0 ? JsonNode.Parse(line)!.AsObject()
                : throw new NotebookException("The kernel could not be measured through Jupyter's client: look at the lines above, and run 'environment/workbook kernel install', which installs what a kernel needs.");
        }
        finally
        {
            data.Delete(recursive: true);
        }
    }

    internal static string Describe(JsonObject? figures)
    {
        return figures is null ? "Jupyter's client: not measured (python3-jupyter-client is not installed)"
            : $"Jupyter's client: first result {Show("first_result_s")} s after the kernel's start, round trip of 1+1 {Show("round_trip_ms")} ms (median), {Show("round_trip_p95_ms")} ms (95th percentile)";

        string Show(string name) => figures[name]!.GetValue<double>().ToString(CultureInfo.InvariantCulture);
    }
}
