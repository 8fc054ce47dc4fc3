namespace AdEMAMix.Workbook;

// Tokens to the target for whoever measures something else with them, such as seconds.
public sealed partial class TokenEfficiency
{
    /// <summary>Tokens that both optimizers needed to the target, of each size and of each seed that has every run of both.</summary>
    internal IReadOnlyList<(TokenEfficiencySize Size, int Seed, TokensToTarget AdamW, TokensToTarget AdEMAMix)> Reached(IReadOnlyList<RunRecord> runs) =>
    [
        .. from size in settings.Sizes
           from seed in size.Seeds
           let adamW = Reach(runs, size, OptimizerConfig.AdamW, seed)
           let mix = Reach(runs, size, OptimizerConfig.AdEMAMix, seed)
           where adamW is not null && mix is not null
           select (size, seed, adamW.Value, mix.Value),
    ];
}
