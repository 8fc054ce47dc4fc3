// Simplified-AdEMAMix: AdEMAMix's two averages folded into one buffer.
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace AdEMAMix;

/// <summary>
/// Simplified-AdEMAMix ("Connections between Schedule-Free Optimizers, AdEMAMix, and Accelerated SGD Variants", arXiv 2502.02431):
/// one sum of gradients with a long memory, the fresh gradient weighted by alpha beside it, the memory of AdamW.
/// </summary>
public sealed class SimplifiedAdEMAMix : ElementwiseOptimizer
{
    /// <summary>An optimizer of one group of parameters.</summary>
    /// <param name="parameters">The parameters.</param>
    /// <param name="lr">Learning rate.</param>
    /// <param name="beta1">Decay of the sum of gradients; its weights add up to 1 / (1 - beta1), so the learning rate is smaller than AdamW's.</param>
    /// <param name="beta2">Decay of the second moment.</param>
    /// <param name="alpha">Weight of the fresh gradient.</param>
    /// <param name="beta1_warmup">Steps over which beta1 rises from 0.9, linear in its half-life; null or 0 for none.</param>
    /// <param name="eps">Added to the root of the second moment.</param>
    /// <param name="weight_decay">Decoupled weight decay.</param>
    /// <param name="max_grad_norm">Clip to this global norm inside the step; null for no clipping.</param>
    /// <param name="state_format">How the moments are stored.</param>
    /// <param name="seed">Seed of stochastic rounding, where the format uses it.</param>
    /// <exception cref="HyperparameterException">A value is out of range.</exception>
    /// <exception cref="ParameterException">A parameter cannot be optimized, or is given twice.</exception>
    public SimplifiedAdEMAMix(IEnumerable<Parameter> parameters, double lr = 1e-4, double beta1 = 0.99, double beta2 = 0.95, double alpha = 0, long? beta1_warmup = null, double eps = 1e-8, double weight_decay = 0, double? max_grad_norm = null, StateFormat state_format = StateFormat.Full, long seed = 0)
        : this([new ParamGroup(parameters)], lr, beta1, beta2, alpha, beta1_warmup, eps, weight_decay, max_grad_norm, state_format, seed)
    {
    }

    /// <summary>An optimizer of one group of named parameters; errors use the names.</summary>
    /// <inheritdoc cref="SimplifiedAdEMAMix(IEnumerable{Parameter}, double, double, double, double, long?, double, double, double?, StateFormat, long)"/>
    public SimplifiedAdEMAMix(IEnumerable<(string name, Parameter parameter)> parameters, double lr = 1e-4, double beta1 = 0.99, double beta2 = 0.95, double alpha = 0, long? beta1_warmup = null, double eps = 1e-8, double weight_decay = 0, double? max_grad_norm = null, StateFormat state_format = StateFormat.Full, long seed = 0)
        : this([new ParamGroup(parameters)], lr, beta1, beta2, alpha, beta1_warmup, eps, weight_decay, max_grad_norm, state_format, seed)
    {
    }

    /// <summary>An optimizer of several groups; the values given here fill what a group's options leave open.</summary>
    /// <inheritdoc cref="SimplifiedAdEMAMix(IEnumerable{Parameter}, double, double, double, double, long?, double, double, double?, StateFormat, long)"/>
    public SimplifiedAdEMAMix(IEnumerable<ParamGroup> parameters, double lr = 1e-4, double beta1 = 0.99, double beta2 = 0.95, double alpha = 0, long? beta1_warmup = null, double eps = 1e-8, double weight_decay = 0, double? max_grad_norm = null, StateFormat state_format = StateFormat.Full, long seed = 0)
        : base(new Options
        {
            LearningRate = lr,
            beta1 = beta1,
            beta2 = beta2,
            alpha = alpha,
            beta1_warmup = beta1_warmup ?? 0,
            eps = eps,
            weight_decay = weight_decay,
            state_format = state_format,
            seed = seed,
            step = 0,
        }, max_grad_norm) => AddGroups(parameters);

    private protected override MomentState NewState(Parameter parameter) => new State(parameter);

    private protected override ElementwiseOptions NewOptions() => new Options();

    internal override KernelSet? KernelsFor(ElementwiseOptions options) => KernelSet.Of<SimplifiedAdEMAMixRule<float>, SimplifiedAdEMAMixRule<double>>();

    internal override StepScalars ScalarsFor(ElementwiseOptions options, long t, long n)
    {
        var o = (Options)options;
        var beta1 = new Beta3Schedule(Math.Min(0.9, o.beta1!.Value), o.beta1.Value, o.beta1_warmup!.Value).At(t);
        return new StepScalars
        {
            LearningRate = o.LearningRate!.Value,
            WeightDecay = o.weight_decay!.Value,
            Epsilon = o.eps!.Value,
            Alpha = o.alpha!.Value,
            Beta1 = beta1,
            OneMinusBeta1 = 1 - beta1,
            OneMinusBeta2 = 1 - o.beta2!.Value,
            InverseRootBias2 = 1 / Math.Sqrt(1 - Math.Pow(o.beta2.Value, n)),
            GradientScale = 1,
        };
    }

    internal override void StepWithOperators(Tensor theta, Tensor g, ReadOnlySpan<MomentBuffer> moments, in StepScalars s)
    {
        var (sum, second) = (moments[0].Values, moments[1].Values);
        sum.add_(g - sum * s.OneMinusBeta1);
        TensorSteps.Average(second, g * g, s.OneMinusBeta2);
        TensorSteps.Descend(theta, sum.clone().add_(g, alpha: s.Alpha).div_(TensorSteps.Denominator(second, s)), s);
    }

    /// <summary>The hyperparameters of one group.</summary>
    public sealed class Options : ElementwiseOptions
    {
        /// <summary>Decay of the sum of gradients; its weights add up to 1 / (1 - beta1), so the learning rate is smaller than AdamW's.</summary>
        public double? beta1 { get; set; }

        /// <summary>Decay of the second moment.</summary>
        public double? beta2 { get; set; }

        /// <summary>Weight of the fresh gradient.</summary>
        public double? alpha { get; set; }

        /// <summary>Steps over which beta1 rises from 0.9, linear in its half-life; null or 0 for none.</summary>
        public long? beta1_warmup { get; set; }

        /// <summary>Added to the root of the second moment.</summary>
        public double? eps { get; set; }

        private protected override IEnumerable<Hyperparameter> Own =>
        [
            new("beta1", () => beta1, x => beta1 = x, Require.Decay),
            new("beta2", () => beta2, x => beta2 = x, Require.Decay),
            new("alpha", () => alpha, x => alpha = x, Require.NonNegative),
            new("beta1_warmup", () => beta1_warmup, x => beta1_warmup = (long?)x, Require.Warmup),
            new("eps", () => eps, x => eps = x, Require.NonNegative),
        ];
    }

    /// <summary>The moments of one parameter.</summary>
    public sealed class State(Parameter parameter) : MomentState(parameter)
    {
        /// <summary>The sum of gradients.</summary>
        public Tensor momentum => Stored("momentum")!;

        /// <summary>The average of the squared gradient.</summary>
        public Tensor exp_avg_sq => Stored("exp_avg_sq")!;

        private protected override IReadOnlyList<MomentSpec> Specs(ElementwiseOptions options) =>
            [new("momentum"), new("exp_avg_sq", Signed: false)];
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
