// Muon: momentum whose direction is made orthogonal; a strong modern baseline, on tensor operators.
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace AdEMAMix;

/// <summary>
/// Muon (K. Jordan and others, 2024): momentum for matrices, with the direction's singular values pushed towards 1 by five
/// steps of a quintic Newton-Schulz iteration. For the matrices inside a network; embeddings, heads, norms and biases belong to AdamW.
/// </summary>
public sealed class Muon : ElementwiseOptimizer
{
    /// <summary>An optimizer of one group of parameters.</summary>
    /// <param name="parameters">The parameters.</param>
    /// <param name="lr">Learning rate.</param>
    /// <param name="momentum">Decay of the average of the gradient.</param>
    /// <param name="nesterov">Whether to step ahead by the momentum.</param>
    /// <param name="weight_decay">Decoupled weight decay.</param>
    /// <param name="max_grad_norm">Clip to this global norm inside the step; null for no clipping.</param>
    /// <exception cref="HyperparameterException">A value is out of range.</exception>
    /// <exception cref="ParameterException">A parameter cannot be optimized, or is given twice.</exception>
    public Muon(IEnumerable<Parameter> parameters, double lr = 2e-2, double momentum = 0.95, bool nesterov = true, double weight_decay = 0, double? max_grad_norm = null)
        : this([new ParamGroup(parameters)], lr, momentum, nesterov, weight_decay, max_grad_norm)
    {
    }

    /// <summary>An optimizer of one group of named parameters; errors use the names.</summary>
    /// <inheritdoc cref="Muon(IEnumerable{Parameter}, double, double, bool, double, double?)"/>
    public Muon(IEnumerable<(string name, Parameter parameter)> parameters, double lr = 2e-2, double momentum = 0.95, bool nesterov = true, double weight_decay = 0, double? max_grad_norm = null)
        : this([new ParamGroup(parameters)], lr, momentum, nesterov, weight_decay, max_grad_norm)
    {
    }

    /// <summary>An optimizer of several groups; the values given here fill what a group's options leave open.</summary>
    /// <inheritdoc cref="Muon(IEnumerable{Parameter}, double, double, bool, double, double?)"/>
    public Muon(IEnumerable<ParamGroup> parameters, double lr = 2e-2, double momentum = 0.95, bool nesterov = true, double weight_decay = 0, double? max_grad_norm = null)
        : base(new Options
        {
            LearningRate = lr,
            momentum = momentum,
            nesterov = nesterov,
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
        var average = moments[0].Values;
        TensorSteps.Average(average, g, s.OneMinusBeta1);
        var ahead = s.Alpha == 0 ? average : average.clone().add_(g - average, alpha: s.OneMinusBeta1);
        var (rows, columns) = (theta.shape[0], theta.shape[1]);
        var direction = Orthogonalize(ahead) * Math.Sqrt(Math.Max(1, (double)rows / columns));
        TensorSteps.Descend(theta, direction, s);
    }

    private protected override void RequireFitting(Parameter parameter, string label)
    {
        if (parameter.Dimensions != 2)
            throw new ParameterException($"{label} has {parameter.Dimensions} dimensions: Muon takes matrices only; give this one to AdamW");
    }

    // X <- X / |X|, then five times X <- a X + (b A + c A^2) X with A = X X', on the orientation with fewer rows than columns.
    static Tensor Orthogonalize(Tensor direction)
    {
        var tall = direction.shape[0] > direction.shape[1];
        var x = tall ? direction.t() : direction;
        x = x / ((x * x).sum().sqrt() + 1e-7);
        for (var k = 0; k < 5; k++)
        {
            var a = x.matmul(x.t());
            var correction = a * -4.7750 + a.matmul(a) * 2.0315;
            x = x * 3.4445 + correction.matmul(x);
        }
        return tall ? x.t() : x;
    }

    /// <summary>The hyperparameters of one group.</summary>
    public sealed class Options : ElementwiseOptions
    {
        /// <summary>Decay of the average of the gradient.</summary>
        public double? momentum { get; set; }

        /// <summary>Whether to step ahead by the momentum.</summary>
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
        /// <summary>The average of the gradient.</summary>
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
