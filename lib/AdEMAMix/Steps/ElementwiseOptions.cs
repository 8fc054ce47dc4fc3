// The hyperparameters that all optimizers of this library share.
using TorchSharp.Modules;

namespace AdEMAMix;

/// <summary>Options of one parameter group. A null means "the optimizer's default"; after construction nothing is null.</summary>
public abstract class ElementwiseOptions : OptimizerOptions
{
    /// <summary>lambda: decoupled weight decay, applied to the parameter of before the step.</summary>
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

    /// <inheritdoc/>
    public override void LoadStateDict(OptimizerOptions source)
    {
        base.LoadStateDict(source);
        var other = (ElementwiseOptions)source;
        (weight_decay, seed, step) = (other.weight_decay, other.seed, other.step);
    }

    /// <inheritdoc/>
    public override void LoadStateDict(BinaryReader reader)
    {
        base.LoadStateDict(reader);
        (weight_decay, seed, step) = (reader.ReadDouble(), reader.ReadInt64(), reader.ReadInt64());
    }

    /// <inheritdoc/>
    public override void SaveStateDict(BinaryWriter writer)
    {
        base.SaveStateDict(writer);
        writer.Write(weight_decay!.Value);
        writer.Write(seed!.Value);
        writer.Write(step!.Value);
    }

    /// <summary>Replaces every null by the default's value.</summary>
    internal virtual void FillFrom(ElementwiseOptions defaults)
    {
        LearningRate ??= defaults.LearningRate;
        weight_decay ??= defaults.weight_decay;
        state_format ??= defaults.state_format;
        seed ??= defaults.seed;
        step ??= defaults.step;
    }

    /// <summary>Throws where a value is out of range.</summary>
    internal virtual void Validate()
    {
        Require.NonNegative("lr", LearningRate);
        Require.NonNegative("weight_decay", weight_decay);
        Require.Warmup("step", step);
    }
}
