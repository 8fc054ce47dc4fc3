// Switching optimizers mid-training (section 4.2 of the paper): AdamW's moments are kept, the slow average starts from nothing.

namespace AdEMAMix;

public sealed partial class AdEMAMix
{
    /// <summary>
    /// Goes on from AdamW: same groups, learning rates, decays and moments; the slow average starts at zero and the schedules
    /// count from the switch. The paper finds that it works, earlier better than later, with alpha = 2 and a short rise of the loss.
    /// </summary>
    /// <param name="source">The optimizer so far; dispose it afterwards, it shares the parameters.</param>
    /// <param name="beta3">Decay of the slow average.</param>
    /// <param name="alpha">Weight of the slow average.</param>
    /// <param name="alpha_warmup">Steps from the switch over which alpha rises; null or 0 for none.</param>
    /// <param name="beta3_warmup">Steps from the switch over which beta3 rises from beta1; null or 0 for none.</param>
    public static AdEMAMix FromAdamW(AdamW source, double beta3 = 0.9999, double alpha = 2, long? alpha_warmup = null, long? beta3_warmup = null)
    {
        var groups = source.Slots.Select((slots, i) =>
        {
            var o = (AdamW.Options)source.OptionsOf(i);
            return new ParamGroup(slots.Select(s => (s.Name, s.Parameter)), new Options
            {
                LearningRate = o.LearningRate,
                beta1 = o.beta1,
                beta2 = o.beta2,
                eps = o.eps,
                weight_decay = o.weight_decay,
                state_format = o.state_format,
                seed = o.seed,
                step = 0,
            });
        });
        var target = new AdEMAMix(groups.ToList(), beta3: beta3, alpha: alpha, alpha_warmup: alpha_warmup, beta3_warmup: beta3_warmup);
        target.Continue(source, ("exp_avg", "exp_avg_fast"), ("exp_avg_sq", "exp_avg_sq"));
        return target;
    }

    /// <summary>Goes on with AdamW: same groups, learning rates, decays and moments; the slow average is dropped.</summary>
    /// <remarks>The paper sees the loss drop at once and end between the two optimizers. Dispose this one afterwards.</remarks>
    public AdamW ToAdamW()
    {
        var groups = Slots.Select((slots, i) =>
        {
            var o = (Options)OptionsOf(i);
            return new AdamW.ParamGroup(slots.Select(s => (s.Name, s.Parameter)), new AdamW.Options
            {
                LearningRate = o.LearningRate,
                beta1 = o.beta1,
                beta2 = o.beta2,
                eps = o.eps,
                weight_decay = o.weight_decay,
                state_format = o.state_format,
                seed = o.seed,
                step = o.step,
            });
        });
        var target = new AdamW(groups.ToList());
        target.Continue(this, ("exp_avg_fast", "exp_avg"), ("exp_avg_sq", "exp_avg_sq"));
        return target;
    }
}
