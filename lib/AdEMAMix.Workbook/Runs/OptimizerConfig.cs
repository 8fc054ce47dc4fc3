namespace AdEMAMix.Workbook;

/// <summary>Optimizer by name with its hyperparameters, in the paper's names where the paper has them.</summary>
public sealed partial record OptimizerConfig
{
    /// <summary>"AdamW", "AdEMAMix", "SimplifiedAdEMAMix", "Ad3EMAMix", "Lion", "Muon" or "SGD".</summary>
    public string Kind { get; init; } = "AdamW";

    /// <summary>Peak learning rate, positive. Of Muon: that of what Muon does not take (see <see cref="MatrixLearningRate"/>).</summary>
    public double LearningRate { get; init; } = 1e-3;

    /// <summary>Decay of the fast EMA, in [0, 1); of SimplifiedAdEMAMix and SGD: of the sum of gradients.</summary>
    public double Beta1 { get; init; } = 0.9;

    /// <summary>
    /// Steps over which the half-life of beta1 grows from that of 0.9, as AdEMAMix grows beta3's; null or 0 for none. Only AdamW, as the
    /// paper's control for "one slow EMA would do, if it were warmed up", and SimplifiedAdEMAMix, whose one sum is the slow one.
    /// </summary>
    public int? Beta1Warmup { get; init; }

    /// <summary>Decay of the squared gradient's EMA, in [0, 1); of Lion: of its one EMA.</summary>
    public double Beta2 { get; init; } = 0.999;

    /// <summary>Decay of the slow EMA, in [0, 1); null for the paper's 0.9999 (0.999 with Ad3EMAMix). Only AdEMAMix and Ad3EMAMix.</summary>
    public double? Beta3 { get; init; }

    /// <summary>Decay of the third EMA, in [0, 1); null for 0.9999. Only Ad3EMAMix.</summary>
    public double? Beta4 { get; init; }

    /// <summary>Weight of the third EMA, at least 0; null for 5. Only Ad3EMAMix.</summary>
    public double? Alpha4 { get; init; }

    /// <summary>Weight of the slow EMA, at least 0; null for the paper's 5. Of SimplifiedAdEMAMix: weight of the fresh gradient, null for 0.</summary>
    public double? Alpha { get; init; }

    /// <summary>Steps over which alpha (and alpha4) grows linearly from 0; null or 0 for none. Only AdEMAMix and Ad3EMAMix.</summary>
    public int? AlphaWarmup { get; init; }

    /// <summary>Steps over which the half-life of beta3 (and beta4) grows from that of beta1; null or 0 for none. Only AdEMAMix and Ad3EMAMix.</summary>
    public int? Beta3Warmup { get; init; }

    /// <summary>
    /// Peak learning rate of the blocks' matrices, which Muon takes; embeddings, head and norms go to AdamW with
    /// <see cref="LearningRate"/>. Null for 0.02. Only Muon.
    /// </summary>
    public double? MatrixLearningRate { get; init; }

    /// <summary>Added outside the root.</summary>
    public double Epsilon { get; init; } = 1e-8;

    /// <summary>Decoupled weight decay, applied to parameters of two dimensions and more (not to the norms' weights and biases). SGD adds it to the gradient.</summary>
    public double WeightDecay { get; init; } = 0.1;

    /// <summary>How the moments are stored: null or "full" for float, "bfloat16" or "eightBit" (both rounded stochastically, seeded by <see cref="RunConfig.InitSeed"/>).</summary>
    public string? StateFormat { get; init; }
}
