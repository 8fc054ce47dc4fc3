using TorchSharp.Modules;
using static TorchSharp.torch;

namespace AdEMAMix.Workbook;

/// <summary>The optimizer of a configuration over a model's parameters, with its state as named tensors for checkpoints.</summary>
/// <remarks>Weight decay acts on parameters of two dimensions and more: matrices and embeddings, not the norms' weights and biases.</remarks>
sealed class ModelOptimizer : IDisposable
{
    // Where a warmed-up beta1 begins: Adam's own default.
    const double WarmupStart = 0.9;

    readonly OptimizerHelper optimizer;
    readonly List<string> names = [];
    readonly double beta2;
    readonly Beta3Schedule? beta1Schedule;

    /// <summary>An optimizer with moments of zero.</summary>
    /// <param name="config">Kind, hyperparameters, format of the moments.</param>
    /// <param name="clipNorm">Largest global gradient norm; null for no clipping.</param>
    /// <param name="model">Whose parameters it updates.</param>
    /// <param name="seed">Seed of stochastic rounding, where the format rounds so. A checkpoint does not hold it: the configuration does.</param>
    public ModelOptimizer(OptimizerConfig config, double? clipNorm, Gpt model, long seed = 0)
    {
        beta2 = config.Beta2;
        if (config.Beta1Warmup is > 0 and var warmup) beta1Schedule = new Beta3Schedule(WarmupStart, config.Beta1, warmup);
        var format = config.StateFormat switch
        {
            OptimizerConfig.BFloat16 => StateFormat.BFloat16,
            OptimizerConfig.EightBit => StateFormat.EightBit,
            _ => StateFormat.Full,
        };
        var parameters = model.named_parameters().ToList();
        var decayed = parameters.FindAll(p => p.parameter.dim() >= 2);
        var plain = parameters.FindAll(p => p.parameter.dim() < 2);
        names.AddRange(decayed.Select(p => p.name));
        names.AddRange(plain.Select(p => p.name));
        optimizer = config.Kind switch
        {
            OptimizerConfig.AdamW => new AdamW(
                [new AdamW.ParamGroup(decayed), new AdamW.ParamGroup(plain, new AdamW.Options { weight_decay = 0 })],
                config.LearningRate, config.Beta1, config.Beta2, config.Epsilon, config.WeightDecay, clipNorm, format, seed),
            _ => new AdEMAMix(
                [new AdEMAMix.ParamGroup(decayed), new AdEMAMix.ParamGroup(plain, new AdEMAMix.Options { weight_decay = 0 })],
                config.LearningRate, config.Beta1, config.Beta2, config.Beta3 ?? OptimizerConfig.DefaultBeta3, config.Alpha ?? OptimizerConfig.DefaultAlpha,
                config.AlphaWarmup, config.Beta3Warmup, config.Epsilon, config.WeightDecay, clipNorm, format, seed),
        };
    }

    /// <summary>Updates the parameters from their gradients.</summary>
    public void Step(double learningRate)
    {
        if (beta1Schedule is { } schedule)
            foreach (var options in optimizer.state_dict().Options.Cast<AdamW.Options>()) options.beta1 = schedule.At(options.step!.Value + 1);
        foreach (var group in optimizer.ParamGroups) group.LearningRate = learningRate;
        optimizer.step();
    }

    /// <summary>Every tensor of the state as it is stored, in place, named "optimizer.MOMENT.PARAMETER": the moments, and the scales of moments in eight bits.</summary>
    public List<(string Name, Tensor Tensor)> StateTensors() =>
        [.. names.Zip(optimizer.state_dict().State.Cast<MomentState>(), (name, state) => state.tensors().Select(t => ($"optimizer.{t.name}.{name}", t.tensor))).SelectMany(t => t)];

    /// <summary>The second moment of every parameter in the model's order, bias-corrected, in one row.</summary>
    public Tensor SecondMoment(Gpt model)
    {
        using var frozen = no_grad();
        var moments = StateTensors().ToDictionary(t => t.Name, t => t.Tensor);
        var updates = optimizer.state_dict().State.Cast<MomentState>().First().step;
        return cat([.. model.named_parameters().Select(p => moments[$"optimizer.exp_avg_sq.{p.name}"].reshape(-1))], 0).div_(1 - Math.Pow(beta2, updates));
    }

    /// <summary>Updates that each parameter has seen, then steps that each group has taken.</summary>
    public long[] Counters
    {
        get
        {
            var state = optimizer.state_dict();
            return [.. state.State.Cast<MomentState>().Select(s => s.step), .. state.Options.Cast<ElementwiseOptions>().Select(o => o.step!.Value)];
        }
        set
        {
            var state = optimizer.state_dict();
            if (value.Length != state.State.Count + state.Options.Count) throw new InvalidDataException("holds the optimizer's counters for another number of parameters");
            for (var i = 0; i < state.State.Count; i++) ((MomentState)state.State[i]).step = value[i];
            for (var i = 0; i < state.Options.Count; i++) ((ElementwiseOptions)state.Options[i]).step = value[state.State.Count + i];
        }
    }

    public void Dispose() => optimizer.Dispose();
}
