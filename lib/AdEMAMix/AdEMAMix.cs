// The AdEMAMix optimizer for TorchSharp: hyperparameters, groups and states. The mathematics is in Kernels/AdEMAMixRule.cs.
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace AdEMAMix;

/// <summary>
/// AdEMAMix ("The AdEMAMix Optimizer: Better, Faster, Older", arXiv 2409.03137): Adam with a second, slow average of the
/// gradient. With beta1 = 0 it keeps no fast average and costs the memory of AdamW.
/// </summary>
/// <remarks>
/// States are kept in float (double for double parameters) whatever the parameter's type. Schedules follow the group's clock,
/// so a parameter that gets its first gradient late does not restart them; bias corrections follow the parameter's own updates.
/// </remarks>
public sealed partial class AdEMAMix : ElementwiseOptimizer
{
    /// <summary>An optimizer of one group of parameters.</summary>
    /// <param name="parameters">The parameters.</param>
    /// <param name="lr">Learning rate.</param>
    /// <param name="beta1">Decay of the fast average; 0 uses the gradient itself.</param>
    /// <param name="beta2">Decay of the second moment.</param>
    /// <param name="beta3">Decay of the slow average.</param>
    /// <param name="alpha">Weight of the slow average.</param>
    /// <param name="alpha_warmup">Steps over which alpha rises from 0; null or 0 for none. The paper uses the run's length.</param>
    /// <param name="beta3_warmup">Steps over which beta3 rises from beta1; null or 0 for none. The paper uses the run's length.</param>
    /// <param name="eps">Added to the root of the second moment.</param>
    /// <param name="weight_decay">Decoupled weight decay.</param>
    /// <param name="max_grad_norm">Clip to this global norm inside the step; null for no clipping.</param>
    /// <param name="state_format">How the moments are stored.</param>
    /// <param name="seed">Seed of stochastic rounding, where the format uses it.</param>
    /// <param name="rare_gradient_guard">See <see cref="Options.rare_gradient_guard"/>.</param>
    /// <exception cref="HyperparameterException">A value is out of range.</exception>
    /// <exception cref="ParameterException">A parameter cannot be optimized, or is given twice.</exception>
    public AdEMAMix(IEnumerable<Parameter> parameters, double lr = 1e-3, double beta1 = 0.9, double beta2 = 0.999, double beta3 = 0.9999,
        double alpha = 5, long? alpha_warmup = null, long? beta3_warmup = null, double eps = 1e-8, double weight_decay = 0,
        double? max_grad_norm = null, StateFormat state_format = StateFormat.Full, long seed = 0, bool rare_gradient_guard = false)
        : this([new ParamGroup(parameters)], lr, beta1, beta2, beta3, alpha, alpha_warmup, beta3_warmup, eps, weight_decay, max_grad_norm, state_format, seed, rare_gradient_guard)
    {
    }

    /// <summary>An optimizer of one group of named parameters; errors use the names.</summary>
    /// <inheritdoc cref="AdEMAMix(IEnumerable{Parameter}, double, double, double, double, double, long?, long?, double, double, double?, StateFormat, long, bool)"/>
    public AdEMAMix(IEnumerable<(string name, Parameter parameter)> parameters, double lr = 1e-3, double beta1 = 0.9, double beta2 = 0.999, double beta3 = 0.9999,
        double alpha = 5, long? alpha_warmup = null, long? beta3_warmup = null, double eps = 1e-8, double weight_decay = 0,
        double? max_grad_norm = null, StateFormat state_format = StateFormat.Full, long seed = 0, bool rare_gradient_guard = false)
        : this([new ParamGroup(parameters)], lr, beta1, beta2, beta3, alpha, alpha_warmup, beta3_warmup, eps, weight_decay, max_grad_norm, state_format, seed, rare_gradient_guard)
    {
    }

    /// <summary>An optimizer of several groups; the values given here fill what a group's options leave open.</summary>
    /// <inheritdoc cref="AdEMAMix(IEnumerable{Parameter}, double, double, double, double, double, long?, long?, double, double, double?, StateFormat, long, bool)"/>
    public AdEMAMix(IEnumerable<ParamGroup> parameters, double lr = 1e-3, double beta1 = 0.9, double beta2 = 0.999, double beta3 = 0.9999,
        double alpha = 5, long? alpha_warmup = null, long? beta3_warmup = null, double eps = 1e-8, double weight_decay = 0,
        double? max_grad_norm = null, StateFormat state_format = StateFormat.Full, long seed = 0, bool rare_gradient_guard = false)
        : base(new Options
        {
            LearningRate = lr,
            beta1 = beta1,
            beta2 = beta2,
            beta3 = beta3,
            alpha = alpha,
            alpha_warmup = alpha_warmup ?? 0,
            beta3_warmup = beta3_warmup ?? 0,
            eps = eps,
            weight_decay = weight_decay,
            state_format = state_format,
            seed = seed,
            rare_gradient_guard = rare_gradient_guard,
            step = 0,
        }, max_grad_norm) => AddGroups(parameters);

    private protected override MomentState NewState(Parameter parameter) => new State(parameter);

    private protected override ElementwiseOptions NewOptions() => new Options();

    internal override KernelSet? KernelsFor(ElementwiseOptions options) => ((Options)options).beta1 == 0
        ? KernelSet.Of<AdEMAMixWithoutFastRule<float>, AdEMAMixWithoutFastRule<double>>()
        : KernelSet.Of<AdEMAMixRule<float>, AdEMAMixRule<double>>();

    internal override StepScalars ScalarsFor(ElementwiseOptions options, long t, long n)
    {
        var o = (Options)options;
        var (beta1, beta2, beta3) = (o.beta1!.Value, o.beta2!.Value, o.Beta3Schedule.At(t));
        return new StepScalars
        {
            LearningRate = o.LearningRate!.Value,
            WeightDecay = o.weight_decay!.Value,
            Epsilon = o.eps!.Value,
            Alpha = o.AlphaSchedule.At(t),
            Beta1 = beta1,
            OneMinusBeta1 = 1 - beta1,
            OneMinusBeta2 = 1 - beta2,
            OneMinusBeta2Silent = 1 - (o.rare_gradient_guard!.Value ? Math.Max(beta2, beta3 * beta3) : beta2),
            OneMinusBeta3 = 1 - beta3,
            InverseBias1 = 1 / (1 - Math.Pow(beta1, n)),
            InverseRootBias2 = 1 / Math.Sqrt(1 - Math.Pow(beta2, n)),
            GradientScale = 1,
        };
    }

    internal override void StepWithOperators(Tensor theta, Tensor g, ReadOnlySpan<MomentBuffer> moments, in StepScalars s)
    {
        var withoutFast = moments.Length == 2;
        var fast = withoutFast ? g : moments[0].Values;
        var (slow, second) = (moments[^2].Values, moments[^1].Values);
        if (!withoutFast)
            TensorSteps.Average(fast, g, s.OneMinusBeta1);
        TensorSteps.Average(slow, g, s.OneMinusBeta3);
        if (s.OneMinusBeta2Silent == s.OneMinusBeta2)
            TensorSteps.Average(second, g * g, s.OneMinusBeta2);
        else
            second.addcmul_(g * g - second, g.eq(0).to_type(g.dtype).mul_(s.OneMinusBeta2Silent - s.OneMinusBeta2).add_(s.OneMinusBeta2), 1);
        var direction = (fast * s.InverseBias1).add_(slow, alpha: s.Alpha).div_(TensorSteps.Denominator(second, s));
        TensorSteps.Descend(theta, direction, s);
    }

    /// <summary>The hyperparameters of one group.</summary>
    public sealed class Options : ElementwiseOptions
    {
        /// <summary>Decay of the fast average; 0 keeps none.</summary>
        public double? beta1 { get; set; }

        /// <summary>Decay of the second moment.</summary>
        public double? beta2 { get; set; }

        /// <summary>Decay of the slow average.</summary>
        public double? beta3 { get; set; }

        /// <summary>Weight of the slow average.</summary>
        public double? alpha { get; set; }

        /// <summary>T_alpha in steps; 0 for none.</summary>
        public long? alpha_warmup { get; set; }

        /// <summary>T_beta3 in steps; 0 for none.</summary>
        public long? beta3_warmup { get; set; }

        /// <summary>Added to the root of the second moment.</summary>
        public double? eps { get; set; }

        /// <summary>
        /// Against the blow-up of rare tokens: where beta3 &gt; beta2 and a gradient is exactly zero for thousands of steps, the
        /// root of the second moment decays faster than the slow average, and the step grows without bound. When on, the second
        /// moment of an element whose gradient is exactly zero decays by max(beta2, beta3(t)^2), so that the two decay together.
        /// </summary>
        public bool? rare_gradient_guard { get; set; }

        /// <summary>alpha(t) of this group.</summary>
        public AlphaSchedule AlphaSchedule => new(alpha!.Value, alpha_warmup!.Value);

        /// <summary>beta3(t) of this group.</summary>
        public Beta3Schedule Beta3Schedule => new(beta1!.Value, beta3!.Value, beta3_warmup!.Value);

        private protected override IEnumerable<Hyperparameter> Own =>
        [
            new("beta1", () => beta1, x => beta1 = x, Require.Decay),
            new("beta2", () => beta2, x => beta2 = x, Require.Decay),
            new("beta3", () => beta3, x => beta3 = x, Require.Decay),
            new("alpha", () => alpha, x => alpha = x, Require.NonNegative),
            new("alpha_warmup", () => alpha_warmup, x => alpha_warmup = (long?)x, Require.Warmup),
            new("beta3_warmup", () => beta3_warmup, x => beta3_warmup = (long?)x, Require.Warmup),
            new("eps", () => eps, x => eps = x, Require.NonNegative),
            new("rare_gradient_guard", () => rare_gradient_guard is { } on ? (on ? 1 : 0) : null, x => rare_gradient_guard = x is null ? null : x != 0, Require.Switch),
        ];

        internal override void Validate()
        {
            base.Validate();
            if (beta3_warmup > 1 && beta3 + Beta3Schedule.Offset >= 1)
                throw new HyperparameterException("beta3", beta3, "with a warmup it must stay below 1 - 1e-8, where the schedule's half-life is infinite; choose a smaller one");
        }
    }

    /// <summary>The moments of one parameter.</summary>
    public sealed class State(Parameter parameter) : MomentState(parameter)
    {
        /// <summary>m1, the fast average; null when beta1 = 0.</summary>
        public Tensor? exp_avg_fast => Stored("exp_avg_fast");

        /// <summary>m2, the slow average; it has no bias correction.</summary>
        public Tensor exp_avg_slow => Stored("exp_avg_slow")!;

        /// <summary>v, the average of the squared gradient.</summary>
        public Tensor exp_avg_sq => Stored("exp_avg_sq")!;

        private protected override IReadOnlyList<MomentSpec> Specs(ElementwiseOptions options) => ((Options)options).beta1 == 0
            ? [new("exp_avg_slow"), new("exp_avg_sq", Signed: false)]
            : [new("exp_avg_fast"), new("exp_avg_slow"), new("exp_avg_sq", Signed: false)];
    }

    /// <summary>A group of parameters with hyperparameters of its own.</summary>
    public sealed class ParamGroup : NamedParamGroup<Options>
    {
        /// <summary>An empty group, to be filled by an initializer.</summary>
        public ParamGroup() { }

        /// <summary>A group of parameters; options left null take the optimizer's values.</summary>
        public ParamGroup(IEnumerable<Parameter> parameters, Options? options = null) : base(parameters, options) { }

        /// <summary>A group of named parameters; options left null take the optimizer's values.</summary>
        public ParamGroup(IEnumerable<(string name, Parameter parameter)> parameters, Options? options = null) : base(parameters, options) { }
    }
}
