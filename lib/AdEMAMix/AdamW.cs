// AdamW from the same mould as AdEMAMix: same base, same traversal, same decay; the baseline that the workbook compares with.
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace AdEMAMix;

/// <summary>
/// AdamW ("Decoupled Weight Decay Regularization", arXiv 1711.05101). It is AdEMAMix with alpha = 0, bit for bit, without the
/// slow average's memory.
/// </summary>
public sealed class AdamW : ElementwiseOptimizer
{
    /// <summary>An optimizer of one group of parameters.</summary>
    /// <param name="parameters">The parameters.</param>
    /// <param name="lr">Learning rate.</param>
    /// <param name="beta1">Decay of the first moment.</param>
    /// <param name="beta2">Decay of the second moment.</param>
    /// <param name="eps">Added to the root of the second moment.</param>
    /// <param name="weight_decay">Decoupled weight decay.</param>
    /// <param name="max_grad_norm">Clip to this global norm inside the step; null for no clipping.</param>
    /// <param name="state_format">How the moments are stored.</param>
    /// <param name="seed">Seed of stochastic rounding, where the format uses it.</param>
    /// <exception cref="HyperparameterException">A value is out of range.</exception>
    /// <exception cref="ParameterException">A parameter cannot be optimized, or is given twice.</exception>
    public AdamW(IEnumerable<Parameter> parameters, double lr = 1e-3, double beta1 = 0.9, double beta2 = 0.999, double eps = 1e-8,
        double weight_decay = 0, double? max_grad_norm = null, StateFormat state_format = StateFormat.Full, long seed = 0)
        : this([new ParamGroup(parameters)], lr, beta1, beta2, eps, weight_decay, max_grad_norm, state_format, seed)
    {
    }

    /// <summary>An optimizer of one group of named parameters; errors use the names.</summary>
    /// <inheritdoc cref="AdamW(IEnumerable{Parameter}, double, double, double, double, double, double?, StateFormat, long)"/>
    public AdamW(IEnumerable<(string name, Parameter parameter)> parameters, double lr = 1e-3, double beta1 = 0.9, double beta2 = 0.999, double eps = 1e-8,
        double weight_decay = 0, double? max_grad_norm = null, StateFormat state_format = StateFormat.Full, long seed = 0)
        : this([new ParamGroup(parameters)], lr, beta1, beta2, eps, weight_decay, max_grad_norm, state_format, seed)
    {
    }

    /// <summary>An optimizer of several groups; the values given here fill what a group's options leave open.</summary>
    /// <inheritdoc cref="AdamW(IEnumerable{Parameter}, double, double, double, double, double, double?, StateFormat, long)"/>
    public AdamW(IEnumerable<ParamGroup> parameters, double lr = 1e-3, double beta1 = 0.9, double beta2 = 0.999, double eps = 1e-8,
        double weight_decay = 0, double? max_grad_norm = null, StateFormat state_format = StateFormat.Full, long seed = 0)
        : base(new Options
        {
            LearningRate = lr,
            beta1 = beta1,
            beta2 = beta2,
            eps = eps,
            weight_decay = weight_decay,
            state_format = state_format,
            seed = seed,
            step = 0,
        }, max_grad_norm) => AddGroups(parameters);

    private protected override MomentState NewState(Parameter parameter) => new State(parameter);

    private protected override ElementwiseOptions NewOptions() => new Options();

    internal override KernelSet? KernelsFor(ElementwiseOptions options) => KernelSet.Of<AdamWRule<float>, AdamWRule<double>>();

    internal override StepScalars ScalarsFor(ElementwiseOptions options, long t, long n)
    {
        var o = (Options)options;
        var (beta1, beta2) = (o.beta1!.Value, o.beta2!.Value);
        return new StepScalars
        {
            LearningRate = o.LearningRate!.Value,
            WeightDecay = o.weight_decay!.Value,
            Epsilon = o.eps!.Value,
            OneMinusBeta1 = 1 - beta1,
            OneMinusBeta2 = 1 - beta2,
            InverseBias1 = 1 / (1 - Math.Pow(beta1, n)),
            InverseRootBias2 = 1 / Math.Sqrt(1 - Math.Pow(beta2, n)),
            GradientScale = 1,
        };
    }

    internal override void StepWithOperators(Tensor theta, Tensor g, ReadOnlySpan<MomentBuffer> moments, in StepScalars s)
    {
        var (first, second) = (moments[0].Values, moments[1].Values);
        TensorSteps.Average(first, g, s.OneMinusBeta1);
        TensorSteps.Average(second, g * g, s.OneMinusBeta2);
        TensorSteps.Descend(theta, (first * s.InverseBias1).div_(TensorSteps.Denominator(second, s)), s);
    }

    /// <summary>The hyperparameters of one group.</summary>
    public sealed class Options : ElementwiseOptions
    {
        /// <summary>Decay of the first moment.</summary>
        public double? beta1 { get; set; }

        /// <summary>Decay of the second moment.</summary>
        public double? beta2 { get; set; }

        /// <summary>Added to the root of the second moment.</summary>
        public double? eps { get; set; }

        private protected override IEnumerable<Hyperparameter> Own =>
        [
            new("beta1", () => beta1, x => beta1 = x, Require.Decay),
            new("beta2", () => beta2, x => beta2 = x, Require.Decay),
            new("eps", () => eps, x => eps = x, Require.NonNegative),
        ];
    }

    /// <summary>The moments of one parameter.</summary>
    public sealed class State(Parameter parameter) : MomentState(parameter)
    {
        /// <summary>The average of the gradient.</summary>
        public Tensor exp_avg => Stored("exp_avg")!;

        /// <summary>The average of the squared gradient.</summary>
        public Tensor exp_avg_sq => Stored("exp_avg_sq")!;

        private protected override IReadOnlyList<MomentSpec> Specs(ElementwiseOptions options) =>
            [new("exp_avg"), new("exp_avg_sq", Signed: false)];
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
