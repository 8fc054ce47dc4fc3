// SGD with momentum from the same mould.
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace AdEMAMix;

/// <summary>
/// Stochastic gradient descent with momentum, as PyTorch's SGD: the momentum is a sum, and weight decay is part of the gradient
/// (for one learning rate the same as decoupled decay only without momentum).
/// </summary>
public sealed class Sgd : ElementwiseOptimizer
{
    /// <summary>An optimizer of one group of parameters.</summary>
    /// <param name="parameters">The parameters.</param>
    /// <param name="lr">Learning rate.</param>
    /// <param name="momentum">Decay of the sum of gradients.</param>
    /// <param name="nesterov">Whether to step ahead by the momentum, as Nesterov's method does.</param>
    /// <param name="weight_decay">Weight decay, added to the gradient.</param>
    /// <param name="max_grad_norm">Clip to this global norm inside the step; null for no clipping.</param>
    /// <param name="state_format">How the moments are stored.</param>
    /// <param name="seed">Seed of stochastic rounding, where the format uses it.</param>
    /// <exception cref="HyperparameterException">A value is out of range.</exception>
    /// <exception cref="ParameterException">A parameter cannot be optimized, or is given twice.</exception>
    public Sgd(IEnumerable<Parameter> parameters, double lr = 1e-2, double momentum = 0.9, bool nesterov = false, double weight_decay = 0, double? max_grad_norm = null, StateFormat state_format = StateFormat.Full, long seed = 0)
        : this([new ParamGroup(parameters)], lr, momentum, nesterov, weight_decay, max_grad_norm, state_format, seed)
    {
    }

    /// <summary>An optimizer of one group of named parameters; errors use the names.</summary>
    /// <inheritdoc cref="Sgd(IEnumerable{Parameter}, double, double, bool, double, double?, StateFormat, long)"/>
    public Sgd(IEnumerable<(string name, Parameter parameter)> parameters, double lr = 1e-2, double momentum = 0.9, bool nesterov = false, double weight_decay = 0, double? max_grad_norm = null, StateFormat state_format = StateFormat.Full, long seed = 0)
        : this([new ParamGroup(parameters)], lr, momentum, nesterov, weight_decay, max_grad_norm, state_format, seed)
    {
    }

    /// <summary>An optimizer of several groups; the values given here fill what a group's options leave open.</summary>
    /// <inheritdoc cref="Sgd(IEnumerable{Parameter}, double, double, bool, double, double?, StateFormat, long)"/>
    public Sgd(IEnumerable<ParamGroup> parameters, double lr = 1e-2, double momentum = 0.9, bool nesterov = false, double weight_decay = 0, double? max_grad_norm = null, StateFormat state_format = StateFormat.Full, long seed = 0)
        : base(new Options
        {
            LearningRate = lr,
            momentum = momentum,
            nesterov = nesterov,
            weight_decay = weight_decay,
            state_format = state_format,
            seed = seed,
            step = 0,
        }, max_grad_norm) => AddGroups(parameters);

    private protected override MomentState NewState(Parameter parameter) => new State(parameter);

    private protected override ElementwiseOptions NewOptions() => new Options();

    internal override KernelSet? KernelsFor(ElementwiseOptions options) => KernelSet.Of<SgdRule<float>, SgdRule<double>>();

    internal override StepScalars ScalarsFor(ElementwiseOptions options, long t, long n)
    {
        var o = (Options)options;
        return new StepScalars
        {
            LearningRate = o.LearningRate!.Value,
            WeightDecay = o.weight_decay!.Value,
            Beta1 = o.momentum!.Value,
            OneMinusBeta1 = 1 - o.momentum.Value,
            Alpha = o.nesterov!.Value ? 1 : 0,
            GradientScale = 1,
        };
    }

    internal override void StepWithOperators(Tensor theta, Tensor g, ReadOnlySpan<MomentBuffer> moments, in StepScalars s)
    {
        var sum = moments[0].Values;
        var decayed = g.clone().add_(theta, alpha: s.WeightDecay);
        sum.add_(decayed - sum * s.OneMinusBeta1);
        theta.add_(s.Alpha == 0 ? sum : decayed.add_(sum, alpha: s.Beta1), alpha: -s.LearningRate);
    }

    /// <summary>The hyperparameters of one group.</summary>
    public sealed class Options : ElementwiseOptions
    {
        /// <summary>Decay of the sum of gradients.</summary>
        public double? momentum { get; set; }

        /// <summary>Whether to step ahead by the momentum, as Nesterov's method does.</summary>
        public bool? nesterov { get; set; }

        private protected override IEnumerable<Hyperparameter> Own =>
        [
            new("momentum", () => momentum, x => momentum = x, Require.Decay),
            new("nesterov", () => nesterov is { } on ? (on ? 1 : 0) : null, x => nesterov = x is null ? null : x != 0, Require.Switch),
        ];
    }

    /// <summary>The moments of one parameter.</summary>
    public sealed class State(Parameter parameter) : MomentState(parameter)
    {
        /// <summary>The sum of gradients.</summary>
        public Tensor momentum_buffer => Stored("momentum_buffer")!;

        private protected override IReadOnlyList<MomentSpec> Specs(ElementwiseOptions options) =>
            [new("momentum_buffer")];
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
