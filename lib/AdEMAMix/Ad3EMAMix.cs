// AdEMAMix with a third average, on tensor operators: the question whether two are enough.
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace AdEMAMix;

/// <summary>
/// Ad3EMAMix: AdEMAMix (arXiv 2409.03137) with a third average of the gradient. The direction is
/// (m1 / (1 - beta1^t) + alpha(t) m2 + alpha4(t) m3) / (sqrt(v / (1 - beta2^t)) + eps), where m2 decays by beta3(t) and m3 by
/// beta4(t); with alpha4 = 0 it is AdEMAMix. It keeps four moments, always in float (double for double parameters).
/// </summary>
public sealed class Ad3EMAMix : ElementwiseOptimizer
{
    /// <summary>An optimizer of one group of parameters.</summary>
    /// <param name="parameters">The parameters.</param>
    /// <param name="lr">Learning rate.</param>
    /// <param name="beta1">Decay of the fast average.</param>
    /// <param name="beta2">Decay of the second moment.</param>
    /// <param name="beta3">Decay of the slow average.</param>
    /// <param name="beta4">Decay of the third average.</param>
    /// <param name="alpha">Weight of the slow average.</param>
    /// <param name="alpha4">Weight of the third average.</param>
    /// <param name="alpha_warmup">Steps over which both weights rise from 0; null or 0 for none.</param>
    /// <param name="beta3_warmup">Steps over which beta3 and beta4 rise from beta1; null or 0 for none.</param>
    /// <param name="eps">Added to the root of the second moment.</param>
    /// <param name="weight_decay">Decoupled weight decay.</param>
    /// <param name="max_grad_norm">Clip to this global norm inside the step; null for no clipping.</param>
    /// <exception cref="HyperparameterException">A value is out of range.</exception>
    /// <exception cref="ParameterException">A parameter cannot be optimized, or is given twice.</exception>
    public Ad3EMAMix(IEnumerable<Parameter> parameters, double lr = 1e-3, double beta1 = 0.9, double beta2 = 0.999, double beta3 = 0.999, double beta4 = 0.9999,
        double alpha = 5, double alpha4 = 5, long? alpha_warmup = null, long? beta3_warmup = null, double eps = 1e-8, double weight_decay = 0, double? max_grad_norm = null)
        : this([new ParamGroup(parameters)], lr, beta1, beta2, beta3, beta4, alpha, alpha4, alpha_warmup, beta3_warmup, eps, weight_decay, max_grad_norm)
    {
    }

    /// <summary>An optimizer of one group of named parameters; errors use the names.</summary>
    /// <inheritdoc cref="Ad3EMAMix(IEnumerable{Parameter}, double, double, double, double, double, double, double, long?, long?, double, double, double?)"/>
    public Ad3EMAMix(IEnumerable<(string name, Parameter parameter)> parameters, double lr = 1e-3, double beta1 = 0.9, double beta2 = 0.999, double beta3 = 0.999, double beta4 = 0.9999,
        double alpha = 5, double alpha4 = 5, long? alpha_warmup = null, long? beta3_warmup = null, double eps = 1e-8, double weight_decay = 0, double? max_grad_norm = null)
        : this([new ParamGroup(parameters)], lr, beta1, beta2, beta3, beta4, alpha, alpha4, alpha_warmup, beta3_warmup, eps, weight_decay, max_grad_norm)
    {
    }

    /// <summary>An optimizer of several groups; the values given here fill what a group's options leave open.</summary>
    /// <inheritdoc cref="Ad3EMAMix(IEnumerable{Parameter}, double, double, double, double, double, double, double, long?, long?, double, double, double?)"/>
    public Ad3EMAMix(IEnumerable<ParamGroup> parameters, double lr = 1e-3, double beta1 = 0.9, double beta2 = 0.999, double beta3 = 0.999, double beta4 = 0.9999,
        double alpha = 5, double alpha4 = 5, long? alpha_warmup = null, long? beta3_warmup = null, double eps = 1e-8, double weight_decay = 0, double? max_grad_norm = null)
        : base(new Options
        {
            LearningRate = lr,
            beta1 = beta1,
            beta2 = beta2,
            beta3 = beta3,
            beta4 = beta4,
            alpha = alpha,
            alpha4 = alpha4,
            alpha_warmup = alpha_warmup ?? 0,
            beta3_warmup = beta3_warmup ?? 0,
            eps = eps,
            weight_decay = weight_decay,
            state_format = StateFormat.Full,
            seed = 0,
            step = 0,
        }, max_grad_norm) => AddGroups(parameters);

    private protected override MomentState NewState(Parameter parameter) => new State(parameter);

    private protected override ElementwiseOptions NewOptions() => new Options();

    internal override KernelSet? KernelsFor(ElementwiseOptions options) => null;

    internal override StepScalars ScalarsFor(ElementwiseOptions options, long t, long n)
    {
        var o = (Options)options;
        var (beta1, beta2, warmup) = (o.beta1!.Value, o.beta2!.Value, o.beta3_warmup!.Value);
        return new StepScalars
        {
            LearningRate = o.LearningRate!.Value,
            WeightDecay = o.weight_decay!.Value,
            Epsilon = o.eps!.Value,
            Alpha = new AlphaSchedule(o.alpha!.Value, o.alpha_warmup!.Value).At(t),
            Alpha4 = new AlphaSchedule(o.alpha4!.Value, o.alpha_warmup.Value).At(t),
            OneMinusBeta1 = 1 - beta1,
            OneMinusBeta2 = 1 - beta2,
            OneMinusBeta3 = 1 - new Beta3Schedule(beta1, o.beta3!.Value, warmup).At(t),
            OneMinusBeta4 = 1 - new Beta3Schedule(beta1, o.beta4!.Value, warmup).At(t),
            InverseBias1 = 1 / (1 - Math.Pow(beta1, n)),
            InverseRootBias2 = 1 / Math.Sqrt(1 - Math.Pow(beta2, n)),
            GradientScale = 1,
        };
    }

    internal override void StepWithOperators(Tensor theta, Tensor g, ReadOnlySpan<MomentBuffer> moments, in StepScalars s)
    {
        var (fast, slow, third, second) = (moments[0].Values, moments[1].Values, moments[2].Values, moments[3].Values);
        TensorSteps.Average(fast, g, s.OneMinusBeta1);
        TensorSteps.Average(slow, g, s.OneMinusBeta3);
        TensorSteps.Average(third, g, s.OneMinusBeta4);
        TensorSteps.Average(second, g * g, s.OneMinusBeta2);
        var direction = (fast * s.InverseBias1).add_(slow, alpha: s.Alpha).add_(third, alpha: s.Alpha4).div_(TensorSteps.Denominator(second, s));
        TensorSteps.Descend(theta, direction, s);
    }

    /// <summary>The hyperparameters of one group.</summary>
    public sealed class Options : ElementwiseOptions
    {
        /// <summary>Decay of the fast average.</summary>
        public double? beta1 { get; set; }

        /// <summary>Decay of the second moment.</summary>
        public double? beta2 { get; set; }

        /// <summary>Decay of the slow average.</summary>
        public double? beta3 { get; set; }

        /// <summary>Decay of the third average.</summary>
        public double? beta4 { get; set; }

        /// <summary>Weight of the slow average.</summary>
        public double? alpha { get; set; }

        /// <summary>Weight of the third average.</summary>
        public double? alpha4 { get; set; }

        /// <summary>Steps over which both weights rise from 0; 0 for none.</summary>
        public long? alpha_warmup { get; set; }

        /// <summary>Steps over which beta3 and beta4 rise from beta1; 0 for none.</summary>
        public long? beta3_warmup { get; set; }

        /// <summary>Added to the root of the second moment.</summary>
        public double? eps { get; set; }

        private protected override IEnumerable<Hyperparameter> Own =>
        [
            new("beta1", () => beta1, x => beta1 = x, Require.Decay),
            new("beta2", () => beta2, x => beta2 = x, Require.Decay),
            new("beta3", () => beta3, x => beta3 = x, Require.Decay),
            new("beta4", () => beta4, x => beta4 = x, Require.Decay),
            new("alpha", () => alpha, x => alpha = x, Require.NonNegative),
            new("alpha4", () => alpha4, x => alpha4 = x, Require.NonNegative),
            new("alpha_warmup", () => alpha_warmup, x => alpha_warmup = (long?)x, Require.Warmup),
            new("beta3_warmup", () => beta3_warmup, x => beta3_warmup = (long?)x, Require.Warmup),
            new("eps", () => eps, x => eps = x, Require.NonNegative),
        ];

        internal override void Validate()
        {
            base.Validate();
            foreach (var (name, beta) in (IEnumerable<(string, double?)>)[("beta3", beta3), ("beta4", beta4)])
                if (beta3_warmup > 1 && beta + Beta3Schedule.Offset >= 1)
                    throw new HyperparameterException(name, beta, "with a warmup it must stay below 1 - 1e-8, where the schedule's half-life is infinite; choose a smaller one");
        }
    }

    /// <summary>The moments of one parameter.</summary>
    public sealed class State(Parameter parameter) : MomentState(parameter)
    {
        /// <summary>m1, the fast average.</summary>
        public Tensor exp_avg_fast => Stored("exp_avg_fast")!;

        /// <summary>m2, the slow average; it has no bias correction.</summary>
        public Tensor exp_avg_slow => Stored("exp_avg_slow")!;

        /// <summary>m3, the third average; it has no bias correction.</summary>
        public Tensor exp_avg_third => Stored("exp_avg_third")!;

        /// <summary>v, the average of the squared gradient.</summary>
        public Tensor exp_avg_sq => Stored("exp_avg_sq")!;

        private protected override IReadOnlyList<MomentSpec> Specs(ElementwiseOptions options) =>
            [new("exp_avg_fast"), new("exp_avg_slow"), new("exp_avg_third"), new("exp_avg_sq", Signed: false)];
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
