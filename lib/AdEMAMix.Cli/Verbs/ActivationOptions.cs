// workbook bench activations: one process for each way to compute, since memory once taken stays with a process.

using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using AdEMAMix.Workbook;

namespace AdEMAMix.Cli.Verbs;

sealed class ActivationOptions
{
    readonly Option<int> layers = Number("--layers", 4, "Blocks");
    readonly Option<int> width = Number("--width", 256, "Width, a multiple of the heads");
    readonly Option<int> heads = Number("--heads", 4, "Attention heads");
    readonly Option<int> context = Number("--context", 256, "Positions of a sequence");
    readonly Option<int> batch = Number("--batch", 16, "Sequences");
    readonly Option<int> vocabulary = Number("--vocabulary", 8192, "Tokens that the model distinguishes");
    readonly Option<int?> way = new("--way") { Hidden = true };

    internal void AddTo(Command command)
    {
        foreach (var option in (Option[])[layers, width, heads, context, batch, vocabulary, way]) command.Options.Add(option);
    }

    internal int Run(ParseResult parsed, int threads, string? json)
    {
        var model = new ModelConfig { Layers = parsed.GetValue(layers), Width = parsed.GetValue(width), Heads = parsed.GetValue(heads), Context = parsed.GetValue(context) };
        new RunConfig { Model = model }.Validate();
        if (parsed.GetValue(way) is { } one)
        {
            TorchSharp.torch.set_num_threads(threads);
            Console.WriteLine(ActivationBenchmark.ToJson([ActivationBenchmark.Measure(ActivationBenchmark.Ways[one], model, parsed.GetValue(vocabulary), parsed.GetValue(batch))]));
            return 0;
        }
        var rows = Enumerable.Range(0, ActivationBenchmark.Ways.Count).SelectMany(w => InOwnProcess([.. Arguments(parsed), "--threads", Text(threads), "--way", Text(w)])).ToList();
        var title = string.Create(CultureInfo.InvariantCulture, $"{model.Layers} blocks of width {model.Width}, {model.Heads} heads, {parsed.GetValue(batch)} x {model.Context} positions, {parsed.GetValue(vocabulary):N0} tokens");
        Console.WriteLine(ActivationBenchmark.ToTable(rows, title));
        if (json is not null) File.WriteAllText(json, ActivationBenchmark.ToJson(rows) + "\n");
        return 0;
    }

    IEnumerable<string> Arguments(ParseResult parsed) => new[] { layers, width, heads, context, batch, vocabulary }.SelectMany(o => (string[])[o.Name, Text(parsed.GetValue(o))]);

    static IReadOnlyList<ActivationBenchmark> InOwnProcess(IEnumerable<string> arguments)
    {
        var program = Environment.ProcessPath!;
        // The launcher starts the program as 'dotnet workbook.dll'.
        string[] library = Path.GetFileNameWithoutExtension(program) == "dotnet" ? [typeof(ActivationOptions).Assembly.Location] : [];
        using var process = Process.Start(new ProcessStartInfo(program, [.. library, "bench", "activations", .. arguments]) { RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return process.ExitCode == 0 ? ActivationBenchmark.FromJson(output) : throw new RunException($"A measurement ended with code {process.ExitCode}; what it wrote above says why, and a smaller --batch takes less memory.");
    }

    static string Text(int number) => number.ToString(CultureInfo.InvariantCulture);

    static Option<int> Number(string name, int value, string description)
    {
        var option = new Option<int>(name) { Description = description, HelpName = "N", DefaultValueFactory = _ => value };
        option.Validators.Add(result =>
        {
            if (result.GetValueOrDefault<int>() < 1) result.AddError($"{name} must be at least 1");
        });
        return option;
    }
}
