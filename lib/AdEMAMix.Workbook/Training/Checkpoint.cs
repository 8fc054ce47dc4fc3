using System.Text.Json;
using static TorchSharp.torch;

namespace AdEMAMix.Workbook;

/// <summary>Where a run stands between two steps, beside its tensors.</summary>
/// <param name="RunId">The run.</param>
/// <param name="Config">The run's canonical configuration.</param>
/// <param name="Tokenizer">The tokenizer as JSON, so that a model can be used without its text.</param>
/// <param name="TextSha256">SHA-256 of the text: another text under the same name is another run.</param>
/// <param name="Step">Steps done.</param>
/// <param name="Seconds">Seconds of training, evaluation included.</param>
/// <param name="StepSeconds">Seconds of training steps alone.</param>
/// <param name="LossSum">Sum of the training losses since the last recorded point.</param>
/// <param name="LossSteps">Number of those.</param>
/// <param name="LossSeconds">Seconds of those steps.</param>
/// <param name="OptimizerCounters">Updates that each parameter has seen, then steps that each group has taken.</param>
/// <param name="Points">Recorded points up to here, so that a checkpoint suffices even where the store was lost.</param>
/// <param name="Measurements">Measurements up to here; null in checkpoints from before there were any.</param>
public sealed record CheckpointState(
    string RunId, string Config, string Tokenizer, string TextSha256, int Step, double Seconds, double StepSeconds,
    double LossSum, int LossSteps, double LossSeconds, long[] OptimizerCounters, IReadOnlyList<RunPoint> Points,
    IReadOnlyList<RunMeasurement>? Measurements = null);

/// <summary>
/// One file per run: a safetensors file with parameters and optimizer state, whose metadata holds the rest. One file, because
/// one rename replaces it as a whole.
/// </summary>
public static class Checkpoint
{
    const string StateKey = "workbook";

    /// <summary>Replaces the checkpoint; a crash at any instant leaves the old or the new one.</summary>
    /// <exception cref="CheckpointException">The disk is full or not writable; the old checkpoint is as it was.</exception>
    public static void Write(string path, CheckpointState state, IReadOnlyList<(string Name, Tensor Tensor)> tensors)
    {
        try
        {
            DurableFile.Replace(path, stream => SafeTensors.Write(stream, tensors, new Dictionary<string, string> { [StateKey] = JsonSerializer.Serialize(state, RunStore.Json) }));
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            var kept = File.Exists(path) ? "the checkpoint before it is kept and the run resumes there" : "no checkpoint was written before";
            var remedy = e is IOException io && DiskFull.Is(io) ? "The disk is full: free space" : $"{e.Message.TrimEnd('.')}: make the folder writable";
            throw new CheckpointException($"The checkpoint '{path}' could not be written at step {state.Step}; {kept}. {remedy} and start the run again.", e);
        }
    }

    /// <summary>Reads what stands in a checkpoint beside its tensors; null where there is no file.</summary>
    /// <exception cref="CheckpointException">The file is damaged.</exception>
    public static CheckpointState? ReadState(string path)
    {
        if (!File.Exists(path)) return null;
        CheckpointState? state = null;
        Reading(path, contents => state = StateOf(contents));
        return state;
    }

    /// <summary>Fills the tensors of a run from its checkpoint.</summary>
    /// <param name="path">The checkpoint's file.</param>
    /// <param name="runId">The run that the checkpoint must belong to.</param>
    /// <param name="textSha256">The text that the run must have read.</param>
    /// <param name="tensors">The tensors to fill: exactly those that the file holds.</param>
    /// <exception cref="CheckpointException">The file is damaged or belongs to another run.</exception>
    public static CheckpointState Read(string path, string runId, string textSha256, IReadOnlyList<(string Name, Tensor Tensor)> tensors)
    {
        CheckpointState? state = null;
        Reading(path, contents =>
        {
            state = StateOf(contents);
            if (state.RunId != runId) throw new InvalidDataException($"belongs to run {state.RunId}, not to run {runId}");
            if (state.TextSha256 != textSha256) throw new InvalidDataException($"was trained on another text (SHA-256 {state.TextSha256[..12]}..., now {textSha256[..12]}...)");
            if (contents.Names.Except(tensors.Select(t => t.Name)).FirstOrDefault() is { } extra) throw new InvalidDataException($"holds '{extra}', which this run has not");
            foreach (var (name, tensor) in tensors) contents.Read(name, tensor);
        });
        return state!;
    }

    static CheckpointState StateOf(SafeTensors.Contents contents) =>
        JsonSerializer.Deserialize<CheckpointState>(contents.Metadata.GetValueOrDefault(StateKey) ?? throw new InvalidDataException("is not a checkpoint of this workbook"), RunStore.Json)!;

    static void Reading(string path, Action<SafeTensors.Contents> read)
    {
        try
        {
            using var stream = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.Read, 1 << 20);
            read(SafeTensors.Open(stream));
        }
        catch (Exception e) when (e is InvalidDataException or JsonException or IOException or UnauthorizedAccessException)
        {
            var reason = e is InvalidDataException ? e.Message : $"cannot be read ({e.Message.TrimEnd('.')})";
            throw new CheckpointException($"The checkpoint '{path}' {reason}: restore the file, or delete it to train the run from its first step.", e);
        }
    }
}
