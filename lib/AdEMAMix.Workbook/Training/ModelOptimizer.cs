using TorchSharp.Modules;
using static TorchSharp.torch;

namespace AdEMAMix.Workbook;

/// <summary>The optimizer of a configuration over a model's parameters, with its state as named tensors for checkpoints.</summary>
/// <remarks>Weight decay acts on parameters of two dimensions and more: matrices and embeddings, not the norms' weights and biases.</remarks>
sealed class ModelOptimizer : IDisposable
{
    // Where a warmed-up beta1 begins: Adam's own default.
    const double WarmupStart = 0.9;

    readonly OptimizerConfig config;
    readonly SwitchConfig? change;
    readonly List<OptimizerPart> parts;
    readonly Beta3Schedule? beta1Schedule;
    readonly StateShards? shards;

    /// <summary>An optimizer with moments of zero.</summary>
    /// <param name="config">The run's configuration: optimizer, switch, clipping; its seed is that of stochastic rounding, where the format rounds so.</param>
    /// <param name="parameters">What it updates, by name.</param>
    /// <param name="shards">How the states are divided among ranks; null where this process has them all.</param>
    public ModelOptimizer(RunConfig config, IReadOnlyList<(string Name, Parameter Parameter)> parameters, StateShards? shards = null)
    {
        (this.config, change, this.shards) = (config.Optimizer, config.Switch, shards);
        if (this.config is { Kind: OptimizerConfig.AdamW, Beta1Warmup: > 0 and var warmup }) beta1Schedule = new Beta3Schedule(WarmupStart, this.config.Beta1, warmup);
        parts = OptimizerPart.Of(config.Optimizer, config.Training.ClipNorm, shards?.Parts ?? parameters, shards, config.InitSeed);
    }

    /// <summary>Whether the switch has been made.</summary>
    public bool HasSwitched { get; private set; }

    /// <summary>Makes the switch of the configuration where it is due.</summary>
    /// <param name="step">Steps done.</param>
    public void SwitchAt(int step)
    {
        if (change is null || HasSwitched || step < change.At) return;
        HasSwitched = true;
        parts[0] = parts[0].SwitchTo(change.Optimizer, change.Optimizer.LearningRate / config.LearningRate);
    }

    /// <summary>Updates the parameters from their gradients.</summary>
    /// <param name="learningRate">Of the configuration's schedule.</param>
    public void Step(double learningRate)
    {
        foreach (var part in parts)
        {
            if (beta1Schedule is { } schedule)
                foreach (var options in part.Options.Cast<AdamW.Options>()) options.beta1 = schedule.At(options.step!.Value + 1);
            if (shards is not null) part.Optimizer.NormOfAllGradients = shards.TakeGradients(part.Names);
            part.Step(learningRate);
        }
        shards?.ShareParameters();
    }

    /// <summary>Every tensor of the state as it is stored, in place, named "optimizer.MOMENT.PARAMETER": the moments, and the scales of moments in eight bits.</summary>
    public List<(string Name, Tensor Tensor)> StateTensors() => [.. parts.SelectMany(part => part.StateTensors())];

    /// <summary>The second moment of every parameter in the model's order, bias-corrected, in one row.</summary>
    public Tensor SecondMoment(nn.Module model)
    {
        using var frozen = no_grad();
        var moments = StateTensors().ToDictionary(t => t.Name, t => t.Tensor);
        var updates = parts[0].States.First().step;
        return cat([.. model.named_parameters().Select(p => moments[$"optimizer.exp_avg_sq.{p.name}"].reshape(-1))], 0).div_(1 - Math.Pow(config.Beta2, updates));
    }

    /// <summary>Updates that each parameter has seen, then steps that each group has taken.</summary>
    public long[] Counters
    {
        get => [.. parts.SelectMany(p => p.States).Select(s => s.step), .. parts.SelectMany(p => p.Options).Select(o => o.step!.Value)];
        set
        {
            var (states, options) = (parts.SelectMany(p => p.States).ToList(), parts.SelectMany(p => p.Options).ToList());
            if (value.Length != states.Count + options.Count) throw new InvalidDataException("holds the optimizer's counters for another number of parameters");
            for (var i = 0; i < states.Count; i++) states[i].step = value[i];
            for (var i = 0; i < options.Count; i++) options[i].step = value[states.Count + i];
        }
    }

    public void Dispose() => parts.ForEach(part => part.Dispose());
}
