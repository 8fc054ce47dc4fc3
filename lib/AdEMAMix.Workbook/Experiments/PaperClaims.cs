namespace AdEMAMix.Workbook;

/// <summary>The claims of "The AdEMAMix Optimizer: Better, Faster, Older" (Pagliardini, Ablin, Grangier; arXiv 2409.03137), numbered as everywhere in this workbook.</summary>
/// <param name="Number">The number.</param>
/// <param name="Text">What the paper says, with its figures.</param>
public sealed record PaperClaim(int Number, string Text);

/// <summary>The twelve claims.</summary>
public static class PaperClaims
{
    /// <summary>The claims in the order of their numbers, from 1.</summary>
    public static IReadOnlyList<PaperClaim> All { get; } =
    [
        new(1, "Token efficiency: a 1.3B model trained with AdEMAMix on 101B tokens equals AdamW on 197B (95 % more); at 110M, 256 thousand steps equal 500 thousand."),
        new(2, "Old gradients stay useful for tens of thousands of steps: with beta3 from 0.99 to 0.99999 AdEMAMix ends below AdamW after 256 thousand steps, best at 0.9999."),
        new(3, "One average cannot do both: AdamW with beta1 from 0.99 to 0.99999, plain or warmed up, never ends below AdamW with 0.9."),
        new(4, "Slower forgetting: what one step on a batch gains on that batch is kept longer with AdEMAMix, most visibly late in training."),
        new(5, "Both warmups are needed: without those of alpha and beta3 the early updates blow up, and runs diverge or never recover."),
        new(6, "Switching from AdamW to AdEMAMix in mid-training works, the earlier the better, after a short rise of the loss."),
        new(7, "beta1 = 0 works, with AdamW's memory and some spikes at large batches."),
        new(8, "Alpha from 2 to 40 works, best near 10 at 110M; a warmup that is much too short diverges."),
        new(9, "Few iterations want a shorter memory: beta3 = 0.9999 is better at 128 to 256 thousand steps, 0.999 at 32 to 64 thousand."),
        new(10, "Vision transformers: the training loss is always lower, and accuracy gains where there is much data for the model's size; otherwise they overfit."),
        new(11, "Overhead: one buffer more than AdamW, and AdamW's cheaper step buys it only 1 to 2 % more iterations in the same time."),
        new(12, "Mamba gains as transformers do; Lion does not beat AdamW at 110M; a third average gains nothing."),
    ];

    /// <summary>The claim of this number.</summary>
    /// <exception cref="ConfigException">There is none.</exception>
    public static PaperClaim Of(int number) => number >= 1 && number <= All.Count
        ? All[number - 1]
        : throw new ConfigException($"There is no claim {number}; the claims are numbered from 1 to {All.Count}.");
}
