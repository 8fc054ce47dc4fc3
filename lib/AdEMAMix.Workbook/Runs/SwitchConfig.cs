namespace AdEMAMix.Workbook;

/// <summary>
/// A change of the optimizer in the middle of a run (section 4.2 of the paper): AdamW to AdEMAMix or back. The moments that both have go
/// on; AdEMAMix's slow average starts at zero and its warmups count from the switch; the learning-rate schedule keeps its shape.
/// </summary>
public sealed record SwitchConfig
{
    /// <summary>Steps taken with <see cref="RunConfig.Optimizer"/>.</summary>
    public int At { get; init; }

    /// <summary>The optimizer from there on. Betas of the moments that go on, decay and format are those of the first; its learning rate is where the schedule would peak.</summary>
    public OptimizerConfig Optimizer { get; init; } = new();

    internal SwitchConfig Canonical => this with { Optimizer = Optimizer.Canonical };

    internal void Validate(OptimizerConfig first, TrainingConfig training)
    {
        RunConfig.Require(At >= 1 && At < training.Steps, "switch.at", At, $"must be a step from 1 to the last but one ({training.Steps - 1})");
        RunConfig.Require(Optimizer is not null, "switch.optimizer", null, "must be an object");
        Optimizer!.Validate("switch.optimizer");
        RunConfig.Require((first.Kind, Optimizer.Kind) is (OptimizerConfig.AdamW, OptimizerConfig.AdEMAMix) or (OptimizerConfig.AdEMAMix, OptimizerConfig.AdamW),
            "switch.optimizer.kind", $"'{Optimizer.Kind}'", $"a run with {first.Kind} can only switch between AdamW and AdEMAMix");
        foreach (var (field, mine, its) in new (string, object?, object?)[]
        {
            ("beta1", Optimizer.Beta1, first.Beta1),
            ("beta2", Optimizer.Beta2, first.Beta2),
            ("epsilon", Optimizer.Epsilon, first.Epsilon),
            ("weightDecay", Optimizer.WeightDecay, first.WeightDecay),
            ("stateFormat", Optimizer.Canonical.StateFormat, first.Canonical.StateFormat),
        })
            RunConfig.Require(Equals(mine, its), $"switch.optimizer.{field}", mine, FormattableString.Invariant($"the moments go on, so it must be that of the first optimizer ({its ?? "full"})"));
        RunConfig.Require(first.Beta1Warmup is null or 0 && Optimizer.Beta1Warmup is null or 0, "optimizer.beta1Warmup", first.Beta1Warmup ?? Optimizer.Beta1Warmup, "a run with a switch has no warmup of beta1; remove it");
    }
}
