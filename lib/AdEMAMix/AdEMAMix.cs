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
public sealed class AdEMAMix : ElementwiseOptimizer
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
    /// <exception cref="HyperparameterException">A value is out of range.</exception>
    /// <exception cref="ParameterException">A parameter cannot be optimized, or is given twice.</exception>
    public AdEMAMix(IEnumerable<Parameter> parameters, double lr = 1e-3, double beta1 = 0.9, double beta2 = 0.999, double beta3 = 0.9999,
        double alpha = 5, long? alpha_warmup = null, long? beta3_warmup = null, double eps = 1e-8, double weight_decay = 0,
        double? max_grad_norm = null, StateFormat state_format = StateFormat.Full, long seed = 0)
        : this([new ParamGroup(parameters)], lr, beta1, beta2, beta3, alpha, alpha_warmup, beta3_warmup, eps, weight_decay, max_grad_norm, state_format, seed)
    {
    }

    /// <summary>An optimizer of one group of named parameters; errors use the names.</summary>
    /// <inheritdoc cref="AdEMAMix(IEnumerable{Parameter}, double, double, double, double, double, long?, long?, double, double, double?, StateFormat, long)"/>
    public AdEMAMix(IEnumerable<(string name, Parameter parameter)> parameters, double lr = 1e-3, double beta1 = 0.9, double beta2 = 0.999, double beta3 = 0.9999,
        double alpha = 5, long? alpha_warmup = null, long? beta3_warmup = null, double eps = 1e-8, double weight_decay = 0,
        double? max_grad_norm = null, StateFormat state_format = StateFormat.Full, long seed = 0)
        : this([new ParamGroup(parameters)], lr, beta1, beta2, beta3, alpha, alpha_warmup, beta3_warmup, eps, weight_decay, max_grad_norm, state_format, seed)
    {
    }

    /// <summary>An optimizer of several groups; the values given here fill what a group's options leave open.</summary>
    /// <inheritdoc cref="AdEMAMix(IEnumerable{Parameter}, double, double, double, double, double, long?, long?, double, double, double?, StateFormat, long)"/>
    public AdEMAMix(IEnumerable<ParamGroup> parameters, double lr = 1e-3, double beta1 = 0.9, double beta2 = 0.999, double beta3 = 0.9999,
        double alpha = 5, long? alpha_warmup = null, long? beta3_warmup = null, double eps = 1e-8, double weight_decay = 0,
        double? max_grad_norm = null, StateFormat state_format = StateFormat.Full, long seed = 0)
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
            step = 0,
        }, max_grad_norm) => AddGroups(parameters);

    private protected override MomentState NewState(Parameter parameter) => new State(parameter);

    private protected override ElementwiseOptions NewOptions() => new Options();

    internal override KernelSet KernelsFor(ElementwiseOptions options) => ((Options)options).beta1 == 0
        ? KernelSet.Of<AdEMAMixWithoutFastRule<float>, AdEMAMixWithoutFastRule<double>>()
        : KernelSet.Of<AdEMAMixRule<float>, AdEMAMixRule<double>>();

    internal override StepScalars ScalarsFor(ElementwiseOptions options, long t, long n)
    {
        var o = (Options)options;
        var (beta1, beta2) = (o.beta1!.Value, o.beta2!.Value);
        return new StepScalars
        {
            LearningRate = o.LearningRate!.Value,
            WeightDecay = o.weight_decay!.Value,
            Epsilon = o.eps!.Value,
            Alpha = o.AlphaSchedule.At(t),
            Beta1 = beta1,
            OneMinusBeta1 = 1 - beta1,
            OneMinusBeta2 = 1 - beta2,
            OneMinusBeta3 = 1 - o.Beta3Schedule.At(t),
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
        TensorSteps.Average(second, g * g, s.OneMinusBeta2);
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

        /// <summary>alpha(t) of this group.</summary>
        public AlphaSchedule AlphaSchedule => new(alpha!.Value, alpha_warmup!.Value);

        /// <summary>beta3(t) of this group.</summary>
        public Beta3Schedule Beta3Schedule => new(beta1!.Value, beta3!.Value, beta3_warmup!.Value);

        /// <inheritdoc/>
        public override void LoadStateDict(OptimizerOptions source)
        {
            base.LoadStateDict(source);
            var o = (Options)source;
            (beta1, beta2, beta3, alpha, alpha_warmup, beta3_warmup, eps) = (o.beta1, o.beta2, o.beta3, o.alpha, o.alpha_warmup, o.beta3_warmup, o.eps);
        }

        /// <inheritdoc/>
        public override void LoadStateDict(BinaryReader reader)
        {
            base.LoadStateDict(reader);
            (beta1, beta2, beta3, alpha) = (reader.ReadDouble(), reader.ReadDouble(), reader.ReadDouble(), reader.ReadDouble());
            (alpha_warmup, beta3_warmup, eps) = (reader.ReadInt64(), reader.ReadInt64(), reader.ReadDouble());
        }

        /// <inheritdoc/>
        public override void SaveStateDict(BinaryWriter writer)
        {
            base.SaveStateDict(writer);
            foreach (var value in (double?[])[beta1, beta2, beta3, alpha])
                writer.Write(value!.Value);
            writer.Write(alpha_warmup!.Value);
            writer.Write(beta3_warmup!.Value);
            writer.Write(eps!.Value);
        }

        internal override void FillFrom(ElementwiseOptions defaults)
        {
            base.FillFrom(defaults);
            var d = (Options)defaults;
            beta1 ??= d.beta1;
            beta2 ??= d.beta2;
            beta3 ??= d.beta3;
            alpha ??= d.alpha;
            alpha_warmup ??= d.alpha_warmup;
            beta3_warmup ??= d.beta3_warmup;
            eps ??= d.eps;
        }

        internal override void Validate()
        {
            base.Validate();
            Require.Decay("beta1", beta1);
            Require.Decay("beta2", beta2);
            Require.Decay("beta3", beta3);
            Require.NonNegative("alpha", alpha);
            Require.Warmup("alpha_warmup", alpha_warmup);
            Require.Warmup("beta3_warmup", beta3_warmup);
            Require.NonNegative("eps", eps);
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
