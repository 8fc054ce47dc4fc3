using AdEMAMix;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace AdEMAMix.Workbook;

/// <summary>The optimizer of a configuration over a model's parameters, with its state as named tensors for checkpoints.</summary>
/// <remarks>Weight decay acts on parameters of two dimensions and more: matrices and embeddings, not the norms' weights and biases.</remarks>
sealed class ModelOptimizer : IDisposable
{
    readonly OptimizerHelper optimizer;
    readonly List<string> names = [];

    public ModelOptimizer(OptimizerConfig config, double? clipNorm, Gpt model)
    {
        var parameters = model.named_parameters().ToList();
        var decayed = parameters.FindAll(p => p.parameter.dim() >= 2);
        var plain = parameters.FindAll(p => p.parameter.dim() < 2);
        names.AddRange(decayed.Select(p => p.name));
        names.AddRange(plain.Select(p => p.name));
        optimizer = config.Kind switch
        {
            OptimizerConfig.AdamW => new AdamW(
                [new AdamW.ParamGroup(decayed), new AdamW.ParamGroup(plain, new AdamW.Options { weight_decay = 0 })],
                config.LearningRate, config.Beta1, config.Beta2, config.Epsilon, config.WeightDecay, clipNorm),
            _ => new AdEMAMix(
                [new AdEMAMix.ParamGroup(decayed), new AdEMAMix.ParamGroup(plain, new AdEMAMix.Options { weight_decay = 0 })],
                config.LearningRate, config.Beta1, config.Beta2, config.Beta3 ?? OptimizerConfig.DefaultBeta3, config.Alpha ?? OptimizerConfig.DefaultAlpha,
                config.AlphaWarmup, config.Beta3Warmup, config.Epsilon, config.WeightDecay, clipNorm),
        };
    }

    /// <summary>Updates the parameters from their gradients.</summary>
    public void Step(double learningRate)
    {
        foreach (var group in optimizer.ParamGroups) group.LearningRate = learningRate;
        optimizer.step();
    }

    /// <summary>The moments of every parameter, in place, named "optimizer.MOMENT.PARAMETER".</summary>
    public List<(string Name, Tensor Tensor)> StateTensors()
    {
        var tensors = new List<(string, Tensor)>();
        foreach (var (name, state) in names.Zip(optimizer.state_dict().State))
            foreach (var (moment, tensor) in Moments(state))
                if (tensor is not null) tensors.Add(($"optimizer.{moment}.{name}", tensor));
        return tensors;
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

    static (string, Tensor?)[] Moments(OptimizerState state) => state switch
    {
        AdEMAMix.State s => [("exp_avg_fast", s.exp_avg_fast), ("exp_avg_slow", s.exp_avg_slow), ("exp_avg_sq", s.exp_avg_sq)],
        AdamW.State s => [("exp_avg", s.exp_avg), ("exp_avg_sq", s.exp_avg_sq)],
        _ => throw new InvalidOperationException($"No checkpoint knows the state {state.GetType().Name}."),
    };
}
