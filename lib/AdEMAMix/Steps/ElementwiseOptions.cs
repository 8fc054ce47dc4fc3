// The hyperparameters that all optimizers of this library share, and how any hyperparameter is saved, filled and checked.
using TorchSharp.Modules;

namespace AdEMAMix;

/// <summary>Options of one parameter group. A null means "the optimizer's default"; after construction nothing is null.</summary>
public abstract class ElementwiseOptions : OptimizerOptions
{
    IReadOnlyList<Hyperparameter>? hyperparameters;

    /// <summary>lambda: weight decay, decoupled (theta shrinks by lr * lambda) except where an optimizer says otherwise.</summary>
    public double? weight_decay { get; set; }

    /// <summary>How the moments are stored.</summary>
    public StateFormat? state_format { get; set; }

    /// <summary>Seed of stochastic rounding.</summary>
    public long? seed { get; set; }

    /// <summary>
    /// The group's clock: steps taken. Schedules read it, so a parameter unfrozen late does not restart them; a group added
    /// late joins the clock of the others unless it brings its own. Bias corrections follow each parameter's own count.
    /// </summary>
    public long? step { get; set; }

    /// <summary>The numbers that belong to this optimizer beyond learning rate and weight decay.</summary>
    private protected abstract IEnumerable<Hyperparameter> Own { get; }

    /// <summary>All numbers that decide a step.</summary>
    internal IReadOnlyList<Hyperparameter> Hyperparameters => hyperparameters ??=
    [
        new("lr", () => LearningRate, x => LearningRate = x, Require.NonNegative),
        new("weight_decay", () => weight_decay, x => weight_decay = x, Require.NonNegative),
        .. Own,
    ];

    /// <inheritdoc/>
    public override void LoadStateDict(OptimizerOptions source)
    {
        base.LoadStateDict(source);
        var other = (ElementwiseOptions)source;
        foreach (var (mine, its) in Hyperparameters.Zip(other.Hyperparameters))
            mine.Set(its.Get());
        (seed, step) = (other.seed, other.step);
    }

    /// <inheritdoc/>
    public override void LoadStateDict(BinaryReader reader)
    {
        base.LoadStateDict(reader);
        foreach (var hyperparameter in Hyperparameters)
            hyperparameter.Set(reader.ReadDouble());
        (seed, step) = (reader.ReadInt64(), reader.ReadInt64());
    }

    /// <inheritdoc/>
    public override void SaveStateDict(BinaryWriter writer)
    {
        base.SaveStateDict(writer);
        foreach (var hyperparameter in Hyperparameters)
            writer.Write(hyperparameter.Get()!.Value);
        writer.Write(seed!.Value);
        writer.Write(step!.Value);
    }

    /// <summary>Replaces every null by the default's value.</summary>
    internal void FillFrom(ElementwiseOptions defaults)
    {
        foreach (var (mine, its) in Hyperparameters.Zip(defaults.Hyperparameters))
            if (mine.Get() is null)
                mine.Set(its.Get());
        state_format ??= defaults.state_format;
        seed ??= defaults.seed;
        step ??= defaults.step;
    }

    /// <summary>Throws where a value is out of range.</summary>
    internal virtual void Validate()
    {
        foreach (var hyperparameter in Hyperparameters)
            hyperparameter.Check(hyperparameter.Name, hyperparameter.Get());
        Require.Warmup("step", step);
    }
}
