using TorchSharp.Modules;

namespace AdEMAMix.Workbook;

/// <summary>One optimizer over some of a model's parameters, and how its learning rate follows the run's.</summary>
/// <param name="Optimizer">Two groups: what is decayed, then what is not; either may be empty.</param>
/// <param name="Names">The parameters' names in the order of its states.</param>
/// <param name="Scale">Its learning rate by the run's.</param>
sealed record OptimizerPart(ElementwiseOptimizer Optimizer, IReadOnlyList<string> Names, double Scale) : IDisposable
{
    /// <summary>Makes the optimizers of a configuration: one, but for Muon two.</summary>
    public static List<OptimizerPart> Of(OptimizerConfig config, double? clipNorm, IReadOnlyList<(string Name, Parameter Parameter)> parameters, StateShards? shards, long seed)
    {
        if (config.Kind != OptimizerConfig.Muon) return [Whole(config, clipNorm, parameters, shards, seed)];
        // Muon is for the matrices between the embedding and the head; its step does not depend on the gradient's length, so the clip is the others'.
        var matrices = parameters.Where(p => IsHiddenMatrix(p.Name, p.Parameter)).ToList();
        var rate = config.MatrixLearningRate ?? OptimizerConfig.DefaultMatrixLearningRate;
        return
        [
            new(new Muon([new Muon.ParamGroup(matrices)], rate, weight_decay: config.WeightDecay), [.. matrices.Select(p => p.Name)], rate / config.LearningRate),
            Whole(config with { Kind = OptimizerConfig.AdamW }, clipNorm, [.. parameters.Where(p => !IsHiddenMatrix(p.Name, p.Parameter))], shards, seed),
        ];
    }

    /// <summary>The states in the order of <see cref="Names"/>.</summary>
    public IEnumerable<MomentState> States => Optimizer.state_dict().State.Cast<MomentState>();

    /// <summary>The options of each group.</summary>
    public IEnumerable<ElementwiseOptions> Options => Optimizer.state_dict().Options.Cast<ElementwiseOptions>();

    /// <summary>Every tensor of the state as it is stored, by the name it has in checkpoints.</summary>
    public IEnumerable<(string Name, TorchSharp.torch.Tensor Tensor)> StateTensors() =>
        Names.Zip(States, (name, state) => state.tensors().Select(t => ($"optimizer.{t.name}.{name}", t.tensor))).SelectMany(t => t);

    /// <summary>Updates the parameters.</summary>
    /// <param name="learningRate">The run's.</param>
    public void Step(double learningRate)
    {
        foreach (var group in Optimizer.ParamGroups) group.LearningRate = Scale == 1 ? learningRate : Scale * learningRate;
        Optimizer.step();
    }

    /// <summary>Goes on as another optimizer with the moments that both have; this one is disposed.</summary>
    public OptimizerPart SwitchTo(OptimizerConfig config, double scale)
    {
        using (Optimizer)
        {
            ElementwiseOptimizer next = Optimizer switch
            {
                AdamW source => AdEMAMix.FromAdamW(source, config.Beta3 ?? OptimizerConfig.DefaultBeta3, config.Alpha ?? OptimizerConfig.DefaultAlpha, config.AlphaWarmup, config.Beta3Warmup),
                AdEMAMix source => source.ToAdamW(),
                _ => throw new InvalidOperationException($"{Optimizer.GetType().Name} cannot be switched."),
            };
            return new(next, Names, scale);
        }
    }

    /// <inheritdoc/>
    public void Dispose() => Optimizer.Dispose();

    static bool IsHiddenMatrix(string name, Parameter parameter) => parameter.dim() == 2 && name.StartsWith("blocks.", StringComparison.Ordinal);

    static OptimizerPart Whole(OptimizerConfig config, double? clipNorm, IReadOnlyList<(string Name, Parameter Parameter)> parameters, StateShards? shards, long seed)
    {
        // A part of a matrix is a row of numbers, but it decays as the matrix does.
        var (decayed, plain) = (parameters.Where(IsDecayed).ToList(), parameters.Where(p => !IsDecayed(p)).ToList());
        return new(Make(config, clipNorm, decayed, plain, seed), [.. decayed.Select(p => p.Name), .. plain.Select(p => p.Name)], 1);

        bool IsDecayed((string Name, Parameter Parameter) p) => (shards?.DimensionsOf(p.Name) ?? p.Parameter.dim()) >= 2;
    }

    static ElementwiseOptimizer Make(OptimizerConfig config, double? clipNorm, List<(string, Parameter)> decayed, List<(string, Parameter)> plain, long seed)
    {
        var format = config.StateFormat switch
        {
            OptimizerConfig.BFloat16 => StateFormat.BFloat16,
            OptimizerConfig.EightBit => StateFormat.EightBit,
            _ => StateFormat.Full,
        };
        var (rate, decay) = (config.LearningRate, config.WeightDecay);
        return config.Kind switch
        {
            OptimizerConfig.AdamW => new AdamW(
                [new AdamW.ParamGroup(decayed), new AdamW.ParamGroup(plain, new AdamW.Options { weight_decay = 0 })],
                rate, config.Beta1, config.Beta2, config.Epsilon, decay, clipNorm, format, seed),
            OptimizerConfig.SimplifiedAdEMAMix => new SimplifiedAdEMAMix(
                [new SimplifiedAdEMAMix.ParamGroup(decayed), new SimplifiedAdEMAMix.ParamGroup(plain, new SimplifiedAdEMAMix.Options { weight_decay = 0 })],
                rate, config.Beta1, config.Beta2, config.Alpha ?? 0, config.Beta1Warmup, config.Epsilon, decay, clipNorm, format, seed),
            OptimizerConfig.Ad3EMAMix => new Ad3EMAMix(
                [new Ad3EMAMix.ParamGroup(decayed), new Ad3EMAMix.ParamGroup(plain, new Ad3EMAMix.Options { weight_decay = 0 })],
                rate, config.Beta1, config.Beta2, config.Beta3 ?? OptimizerConfig.DefaultMiddleBeta3, config.Beta4 ?? OptimizerConfig.DefaultBeta3,
                config.Alpha ?? OptimizerConfig.DefaultAlpha, config.Alpha4 ?? OptimizerConfig.DefaultAlpha,
                config.AlphaWarmup, config.Beta3Warmup, config.Epsilon, decay, clipNorm),
            OptimizerConfig.Lion => new Lion(
                [new Lion.ParamGroup(decayed), new Lion.ParamGroup(plain, new Lion.Options { weight_decay = 0 })],
                rate, config.Beta1, config.Beta2, decay, clipNorm, format, seed),
            OptimizerConfig.Sgd => new Sgd(
                [new Sgd.ParamGroup(decayed), new Sgd.ParamGroup(plain, new Sgd.Options { weight_decay = 0 })],
                rate, config.Beta1, nesterov: false, decay, clipNorm, format, seed),
            _ => new AdEMAMix(
                [new AdEMAMix.ParamGroup(decayed), new AdEMAMix.ParamGroup(plain, new AdEMAMix.Options { weight_decay = 0 })],
                rate, config.Beta1, config.Beta2, config.Beta3 ?? OptimizerConfig.DefaultBeta3, config.Alpha ?? OptimizerConfig.DefaultAlpha,
                config.AlphaWarmup, config.Beta3Warmup, config.Epsilon, decay, clipNorm, format, seed),
        };
    }
}
