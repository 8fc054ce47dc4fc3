// The file of golden trajectories: hyperparameters, gradients, and what the parameters and moments were after some steps.
using System.Text.Json;

namespace AdEMAMix;

/// <summary>Recorded trajectories of AdEMAMix.</summary>
/// <param name="Cases">One run each.</param>
public sealed record ParityFile(IReadOnlyList<ParityCase> Cases)
{
    static readonly JsonSerializerOptions Format = new(JsonSerializerDefaults.Web)
    {
        RespectNullableAnnotations = true,
        RespectRequiredConstructorParameters = true,
        NumberHandling = System.Text.Json.Serialization.JsonNumberHandling.Strict,
    };

    /// <summary>Reads a file.</summary>
    /// <exception cref="ParityFileException">It does not exist, is not JSON, or its parts do not fit together.</exception>
    public static ParityFile Read(string path)
    {
        try
        {
            return Parse(File.ReadAllText(path));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new ParityFileException($"{path} cannot be read ({e.Message}): give the path of a file of golden trajectories such as tests/fixtures/ademamix.json", e);
        }
        catch (ParityFileException e)
        {
            throw new ParityFileException($"{path}: {e.Message}", e);
        }
    }

    /// <summary>Reads the text of a file.</summary>
    /// <exception cref="ParityFileException">It is not JSON, or its parts do not fit together.</exception>
    public static ParityFile Parse(string json)
    {
        ParityFile? file;
        try
        {
            file = JsonSerializer.Deserialize<ParityFile>(json, Format);
        }
        catch (JsonException e)
        {
            throw new ParityFileException($"not a file of golden trajectories ({e.Message.TrimEnd('.')}): mend it, or take the one in tests/fixtures/ademamix.json", e);
        }
        if (file is null || file.Cases.Count == 0)
            throw new ParityFileException("there are no cases in it: take the file in tests/fixtures/ademamix.json");
        foreach (var c in file.Cases)
            c.Validate();
        return file;
    }
}

/// <summary>One recorded run.</summary>
/// <param name="Name">What the case shows.</param>
/// <param name="Hyperparameters">What it ran with.</param>
/// <param name="Shapes">The shape of each tensor.</param>
/// <param name="Initial">Each tensor's elements before the first step, row-major.</param>
/// <param name="Gradients">Per step, per tensor, the gradient's elements.</param>
/// <param name="Expected">The state after some of the steps.</param>
public sealed record ParityCase(
    string Name, ParityHyperparameters Hyperparameters, IReadOnlyList<long[]> Shapes, IReadOnlyList<double[]> Initial,
    IReadOnlyList<IReadOnlyList<double[]>> Gradients, IReadOnlyList<ParityPoint> Expected)
{
    /// <summary>The same run with only the tensors whose shape is asked for; null if there are none.</summary>
    internal ParityCase? Only(Func<long[], bool> wanted)
    {
        var kept = Enumerable.Range(0, Shapes.Count).Where(i => wanted(Shapes[i])).ToList();
        IReadOnlyList<T> Pick<T>(IReadOnlyList<T> list) => [.. kept.Select(i => list[i])];
        return kept.Count == 0 ? null : this with
        {
            Shapes = Pick(Shapes),
            Initial = Pick(Initial),
            Gradients = [.. Gradients.Select(Pick)],
            Expected = [.. Expected.Select(point => new ParityPoint(point.Step, Pick(point.Tensors)))],
        };
    }

    internal void Validate()
    {
        if (Hyperparameters.Betas.Length != 3)
            throw Wrong($"{Hyperparameters.Betas.Length} betas, where AdEMAMix has 3");
        if (Initial.Count != Shapes.Count)
            throw Wrong($"{Initial.Count} initial tensors for {Shapes.Count} shapes");
        RequireLengths(Initial, "initial");
        for (var t = 0; t < Gradients.Count; t++)
            RequireLengths(Gradients[t], $"gradients of step {t + 1}");
        foreach (var point in Expected)
        {
            if (point.Step < 1 || point.Step > Gradients.Count)
                throw Wrong($"an expected step {point.Step}, with gradients for {Gradients.Count} steps");
            RequireLengths([.. point.Tensors.Select(x => x.Param)], $"expected parameters of step {point.Step}");
            RequireLengths([.. point.Tensors.Select(x => x.Slow)], $"expected slow averages of step {point.Step}");
            RequireLengths([.. point.Tensors.Select(x => x.Second)], $"expected second moments of step {point.Step}");
            if (Hyperparameters.Betas[0] != 0)
                RequireLengths([.. point.Tensors.Select(x => x.Fast ?? [])], $"expected fast averages of step {point.Step}");
        }
    }

    void RequireLengths(IReadOnlyList<double[]> tensors, string what)
    {
        if (tensors.Count != Shapes.Count)
            throw Wrong($"{tensors.Count} tensors in the {what}, and {Shapes.Count} shapes");
        for (var i = 0; i < tensors.Count; i++)
            if (tensors[i].Length != Shapes[i].Aggregate(1L, (a, b) => a * b))
                throw Wrong($"{tensors[i].Length} elements in tensor {i} of the {what}, and the shape [{string.Join(", ", Shapes[i])}]");
    }

    ParityFileException Wrong(string what) => new($"case '{Name}' has {what}: mend the file, or take the one in tests/fixtures/ademamix.json");
}

/// <summary>The hyperparameters of a recorded run, spelled as in the authors' code.</summary>
public sealed record ParityHyperparameters(
    double Lr, double[] Betas, double Alpha, long? AlphaWarmup, long? Beta3Warmup, double Eps, double WeightDecay)
{
    /// <summary>The same in this library's record.</summary>
    public AdEMAMixHyperparameters ToAdEMAMix() =>
        new(Lr, Betas[0], Betas[1], Betas[2], Alpha, AlphaWarmup ?? 0, Beta3Warmup ?? 0, Eps, WeightDecay);
}

/// <summary>All tensors after a step.</summary>
public sealed record ParityPoint(int Step, IReadOnlyList<ParityTensor> Tensors);

/// <summary>One tensor and its moments after a step; Fast is null when beta1 = 0.</summary>
public sealed record ParityTensor(double[] Param, double[]? Fast, double[] Slow, double[] Second);
