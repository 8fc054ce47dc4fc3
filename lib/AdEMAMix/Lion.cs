// Lion from the same mould: one moment, and steps of one size.
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace AdEMAMix;

/// <summary>
/// Lion ("Symbolic Discovery of Optimization Algorithms", arXiv 2302.06675): every element moves by the learning rate, in the
/// direction of the sign of an average. Half of AdamW's memory; learning rates are 3 to 10 times smaller, decays larger.
/// </summary>
public sealed class Lion : ElementwiseOptimizer
{
    /// <summary>An optimizer of one group of parameters.</summary>
    /// <param name="parameters">The parameters.</param>
    /// <param name="lr">Learning rate.</param>
    /// <param name="beta1">Weight of the average in the direction.</param>
    /// <param name="beta2">Decay of the average.</param>
    /// <param name="weight_decay">Decoupled weight decay.</param>
    /// <param name="max_grad_norm">Clip to this global norm inside the step; null for no clipping.</param>
    /// <param name="state_format">How the moments are stored.</param>
    /// <param name="seed">Seed of stochastic rounding, where the format uses it.</param>
    /// <exception cref="HyperparameterException">A value is out of range.</exception>
    /// <exception cref="ParameterException">A parameter cannot be optimized, or is given twice.</exception>
    public Lion(IEnumerable<Parameter> parameters, double lr = 1e-4, double beta1 = 0.9, double beta2 = 0.99, double weight_decay = 0, double? max_grad_norm = null, StateFormat state_format = StateFormat.Full, long seed = 0)
        : this([new ParamGroup(parameters)], lr, beta1, beta2, weight_decay, max_grad_norm, state_format, seed)
    {
    }

    /// <summary>An optimizer of one group of named parameters; errors use the names.</summary>
    /// <inheritdoc cref="Lion(IEnumerable{Parameter}, double, double, double, double, double?, StateFormat, long)"/>
    public Lion(IEnumerable<(string name, Parameter parameter)> parameters, double lr = 1e-4, double beta1 = 0.9, double beta2 = 0.99, double weight_decay = 0, double? max_grad_norm = null, StateFormat state_format = StateFormat.Full, long seed = 0)
        : this([new ParamGroup(parameters)], lr, beta1, beta2, weight_decay, max_grad_norm, state_format, seed)
    {
    }

    /// <summary>An optimizer of several groups; the values given here fill what a group's options leave open.</summary>
    /// <inheritdoc cref="Lion(IEnumerable{Parameter}, double, double, double, double, double?, StateFormat, long)"/>
    public Lion(IEnumerable<ParamGroup> parameters, double lr = 1e-4, double beta1 = 0.9, double beta2 = 0.99, double weight_decay = 0, double? max_grad_norm = null, StateFormat state_format = StateFormat.Full, long seed = 0)
        : base(new Options
        {
            LearningRate = lr,
            beta1 = beta1,
            beta2 = beta2,
            weight_decay = weight_decay,
            state_format = state_format,
            seed = seed,
            step = 0,
        }, max_grad_norm) => AddGroups(parameters);

    private protected override MomentState NewState(Parameter parameter) => new State(parameter);

    private protected override ElementwiseOptions NewOptions() => new Options();

    internal override KernelSet? KernelsFor(ElementwiseOptions options) => KernelSet.Of<LionRule<float>, LionRule<double>>();

    internal override StepScalars ScalarsFor(ElementwiseOptions options, long t, long n)
    {
        var o = (Options)options;
        return new StepScalars
        {
            LearningRate = o.LearningRate!.Value,
            WeightDecay = o.weight_decay!.Value,
            OneMinusBeta1 = 1 - o.beta1!.Value,
            OneMinusBeta2 = 1 - o.beta2!.Value,
            GradientScale = 1,
        };
    }

    internal override void StepWithOperators(Tensor theta, Tensor g, ReadOnlySpan<MomentBuffer> moments, in StepScalars s)
    {
        var average = moments[0].Values;
        var direction = average.clone().add_(g - average, alpha: s.OneMinusBeta1).sign();
        TensorSteps.Average(average, g, s.OneMinusBeta2);
        TensorSteps.Descend(theta, direction, s);
    }

    /// <summary>The hyperparameters of one group.</summary>
    public sealed class Options : ElementwiseOptions
    {
        /// <summary>Weight of the average in the direction.</summary>
        public double? beta1 { get; set; }

        /// <summary>Decay of the average.</summary>
        public double? beta2 { get; set; }

        private protected override IEnumerable<Hyperparameter> Own =>
        [
            new("beta1", () => beta1, x => beta1 = x, Require.Decay),
            new("beta2", () => beta2, x => beta2 = x, Require.Decay),
        ];
    }

    /// <summary>The moments of one parameter.</summary>
    public sealed class State(Parameter parameter) : MomentState(parameter)
    {
        /// <summary>The average of the gradient.</summary>
        public Tensor exp_avg => Stored("exp_avg")!;

        private protected override IReadOnlyList<MomentSpec> Specs(ElementwiseOptions options) =>
            [new("exp_avg")];
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
