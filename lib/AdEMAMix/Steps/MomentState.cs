// An optimizer's state for one parameter: its moments and how many updates it has seen.
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace AdEMAMix;

/// <summary>One moment that an optimizer keeps.</summary>
/// <param name="Name">Its name in saved states.</param>
/// <param name="Signed">False where it is never negative.</param>
readonly record struct MomentSpec(string Name, bool Signed = true);

/// <summary>The state of one parameter: a few moments of its shape, and the number of updates it has seen.</summary>
public abstract class MomentState : OptimizerState, IDisposable
{
    readonly Parameter parameter;
    MomentBuffer[] moments = [];

    /// <summary>A state without moments yet.</summary>
    protected MomentState(Parameter parameter) : base(parameter) => this.parameter = parameter;

    /// <summary>Updates that this parameter has seen: bias corrections follow it. A step without a gradient does not count.</summary>
    public long step { get; set; }

    /// <summary>The moments, in the order of the optimizer's rule.</summary>
    internal ReadOnlySpan<MomentBuffer> Moments => moments;

    /// <summary>Bytes of memory that the moments take.</summary>
    public long Bytes => moments.Sum(m => m.Bytes);

    /// <summary>
    /// Every tensor of the state as it is stored, by name: the moments, and NAME.scale where a moment is kept in eight bits.
    /// Writing to them is writing to the state; that is how a checkpoint restores it bit for bit.
    /// </summary>
    public IEnumerable<(string name, Tensor tensor)> tensors()
    {
        foreach (var moment in moments)
        {
            yield return (moment.Spec.Name, moment.Values);
            if (moment.Scales is not null)
                yield return (moment.Spec.Name + ".scale", moment.Scales);
        }
    }

    /// <summary>The stored tensor of a moment, or null where the optimizer does not keep it.</summary>
    protected Tensor? Stored(string name) => Moment(name)?.Values;

    /// <summary>A moment by name, or null where the optimizer does not keep it.</summary>
    internal MomentBuffer? Moment(string name) => Array.Find(moments, m => m.Spec.Name == name);

    /// <summary>Which moments the options ask for.</summary>
    private protected abstract IReadOnlyList<MomentSpec> Specs(ElementwiseOptions options);

    /// <inheritdoc/>
    public override void Initialize(OptimizerOptions options)
    {
        Release();
        step = 0;
        var format = ((ElementwiseOptions)options).state_format!.Value;
        moments = [.. Specs((ElementwiseOptions)options).Select(spec => new MomentBuffer(spec, format, parameter))];
    }

    /// <inheritdoc/>
    public override void to(Device device)
    {
        foreach (var moment in moments)
            moment.MoveTo(device);
    }

    /// <inheritdoc/>
    public override void SaveStateDict(BinaryWriter writer)
    {
        writer.Write(step);
        writer.Write(moments.Length);
        foreach (var moment in moments)
        {
            writer.Write(moment.Spec.Name);
            moment.Save(writer);
        }
    }

    /// <inheritdoc/>
    /// <exception cref="OptimizerStateException">The saved state has other moments or another shape; this one is unchanged.</exception>
    public override void LoadStateDict(BinaryReader reader)
    {
        var saved = reader.ReadInt64();
        RequireSameMoments(reader.ReadInt32());
        foreach (var moment in moments)
        {
            var name = reader.ReadString();
            if (name != moment.Spec.Name)
                throw new OptimizerStateException($"the saved state has the moment '{name}' where this optimizer has '{moment.Spec.Name}'; load it into the optimizer that wrote it");
            moment.Load(reader);
        }
        step = saved;
    }

    /// <inheritdoc/>
    /// <exception cref="OptimizerStateException">The source has other moments or another shape.</exception>
    public override void LoadStateDict(OptimizerState source)
    {
        var other = (MomentState)source;
        RequireSameMoments(other.moments.Length);
        for (var i = 0; i < moments.Length; i++)
            moments[i].CopyFrom(other.moments[i]);
        step = other.step;
    }

    /// <inheritdoc/>
    public override bool ApproximatelyEquals(OptimizerState other) =>
        other is MomentState state && state.step == step && state.moments.Length == moments.Length
        && moments.Zip(state.moments).All(pair => pair.First.ApproximatelyEquals(pair.Second));

    /// <summary>Frees the moments.</summary>
    public void Dispose()
    {
        Release();
        GC.SuppressFinalize(this);
    }

    void Release()
    {
        foreach (var moment in moments)
            moment.Dispose();
        moments = [];
    }

    void RequireSameMoments(int count)
    {
        if (count != moments.Length)
            throw new OptimizerStateException($"the saved state has {count} moments per parameter and this optimizer {moments.Length}; was it saved with beta1 = 0, or without?");
    }
}
