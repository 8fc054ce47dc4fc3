using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace AdEMAMix.Tests;

/// Every refusal names the value and the remedy, and leaves parameters and states as they were.
public class BadInputTests
{
    static List<Parameter> One() => [Make.Parameter(1, ScalarType.Float32, 4)];

    public static TheoryData<string, Func<List<Parameter>, IDisposable>> Hyperparameters => new()
    {
        { "lr is -0.1", p => new AdEMAMix(p, lr: -0.1) },
        { "lr is NaN", p => new AdEMAMix(p, lr: double.NaN) },
        { "beta1 is 1", p => new AdEMAMix(p, beta1: 1) },
        { "beta2 is -0.5", p => new AdEMAMix(p, beta2: -0.5) },
        { "beta3 is 1.5", p => new AdEMAMix(p, beta3: 1.5) },
        { "beta3 is NaN", p => new AdEMAMix(p, beta3: double.NaN) },
        { "beta3 is 0.999999999", p => new AdEMAMix(p, beta3: 0.999999999, beta3_warmup: 100) },
        { "alpha is -1", p => new AdEMAMix(p, alpha: -1) },
        { "alpha_warmup is -1", p => new AdEMAMix(p, alpha_warmup: -1) },
        { "beta3_warmup is -7", p => new AdEMAMix(p, beta3_warmup: -7) },
        { "eps is -1E-08", p => new AdEMAMix(p, eps: -1e-8) },
        { "weight_decay is -0.1", p => new AdEMAMix(p, weight_decay: -0.1) },
        { "max_grad_norm is 0", p => new AdEMAMix(p, max_grad_norm: 0) },
        { "lr is -1", p => new AdamW(p, lr: -1) },
        { "beta2 is 1", p => new AdamW(p, beta2: 1) },
        { "eps is NaN", p => new AdamW(p, eps: double.NaN) },
        { "weight_decay is ∞", p => new AdamW(p, weight_decay: double.PositiveInfinity) },
        { "alpha is -2", p => new AdEMAMix([new AdEMAMix.ParamGroup(p, new AdEMAMix.Options { alpha = -2 })]) },
    };

    [Theory]
    [MemberData(nameof(Hyperparameters))]
    public void A_hyperparameter_out_of_range_is_named_with_its_value(string message, Func<List<Parameter>, IDisposable> make) =>
        Assert.StartsWith(message.Replace("∞", double.PositiveInfinity.ToString(System.Globalization.CultureInfo.InvariantCulture)), Assert.Throws<HyperparameterException>(() => make(One())).Message);

    [Theory]
    [InlineData(ScalarType.Int64)]
    [InlineData(ScalarType.ComplexFloat32)]
    public void Parameters_that_are_not_real_numbers_are_refused(ScalarType type)
    {
        var parameter = new Parameter(zeros([3], type), requires_grad: type != ScalarType.Int64);
        var message = Assert.Throws<ParameterException>(() => new AdEMAMix([("embedding.weight", parameter)])).Message;
        Assert.StartsWith($"parameter 'embedding.weight' has element type {type}", message);
    }

    [Fact]
    public void A_sparse_parameter_is_refused()
    {
        var parameter = new Parameter(eye(3).to_sparse());
        Assert.StartsWith("parameter 'table' is sparse", Assert.Throws<ParameterException>(() => new AdEMAMix([("table", parameter)])).Message);
    }

    [Fact]
    public void A_sparse_gradient_is_refused_before_anything_moves()
    {
        List<(string, Parameter)> named = [("first", Make.Parameter(1, ScalarType.Float32, 3, 3)), ("second", Make.Parameter(2, ScalarType.Float32, 3, 3))];
        using var optimizer = new AdEMAMix(named, weight_decay: 0.1);
        var parameters = named.ConvertAll(p => p.Item2);
        Make.Train(optimizer, parameters, 2);
        var before = Snapshot(optimizer, parameters);
        parameters[1].grad = eye(3).to_sparse();
        Assert.StartsWith("the gradient of parameter 'second' is sparse", Assert.Throws<GradientException>(() => optimizer.step()).Message);
        Assert.Equal(before, Snapshot(optimizer, parameters));
    }

    [Fact]
    public void A_parameter_in_two_groups_is_refused_and_nothing_is_added()
    {
        var (a, b) = (Make.Parameter(1, ScalarType.Float32, 4), Make.Parameter(2, ScalarType.Float32, 4));
        using var optimizer = new AdEMAMix([("a", a)]);
        var message = Assert.Throws<ParameterException>(() => optimizer.add_param_group(new AdEMAMix.ParamGroup([("b", b), ("again", a)]))).Message;
        Assert.StartsWith("parameter 'again' is given twice (first as parameter 'a')", message);
        Assert.Single(optimizer.ParamGroups);
        Assert.Throws<ParameterException>(() => new AdEMAMix([b, b]));
    }

    [Fact]
    public void No_parameters_at_all_is_an_error() =>
        Assert.Contains("RegisterComponents", Assert.Throws<ParameterException>(() => new AdEMAMix(new List<Parameter>())).Message);

    [Fact]
    public void A_refused_gradient_leaves_everything_untouched()
    {
        List<(string, Parameter)> named = [("first", Make.Parameter(1, ScalarType.Float32, 2, 3)), ("second", Make.Parameter(2, ScalarType.Float32, 2, 3))];
        using var optimizer = new AdEMAMix(named, weight_decay: 0.1);
        var parameters = named.ConvertAll(p => p.Item2);
        Make.Train(optimizer, parameters, 2);
        var before = Snapshot(optimizer, parameters);

        parameters[0].grad = Make.Tensor(5, ScalarType.Float32, 2, 3);
        parameters[1].Dispose();
        Assert.StartsWith("parameter 'second' was disposed or replaced", Assert.Throws<ParameterException>(() => optimizer.step()).Message);
        Assert.Equal(before.First(), Snapshot(optimizer, parameters.Take(1)).First());
        Assert.Equal(2, ((ElementwiseOptions)((ParamGroup)optimizer.ParamGroups.Single()).Options).step);
    }

    [Theory]
    [InlineData(ScalarType.Float32, 3, 2, "has shape [3, 2] and the parameter [2, 3]")]
    [InlineData(ScalarType.Float32, 6, 1, "has shape [6, 1] and the parameter [2, 3]")]
    [InlineData(ScalarType.Float64, 2, 3, "has element type Float64 and the parameter Float32")]
    public void A_gradient_of_another_kind_is_refused_before_anything_moves(ScalarType type, long rows, long columns, string expected)
    {
        List<(string, Parameter)> named = [("first", Make.Parameter(1, ScalarType.Float32, 2, 3)), ("second", Make.Parameter(2, ScalarType.Float32, 2, 3))];
        using var optimizer = new AdEMAMix(named, weight_decay: 0.1);
        var parameters = named.ConvertAll(p => p.Item2);
        Make.Train(optimizer, parameters, 2);
        var before = Snapshot(optimizer, parameters);
        parameters[1].grad = Make.Tensor(5, type, rows, columns);
        var message = Assert.Throws<GradientException>(() => optimizer.step()).Message;
        Assert.Contains("the gradient of parameter 'second' " + expected, message);
        Assert.Equal(before, Snapshot(optimizer, parameters));
    }

    [Theory]
    [InlineData(NonFiniteGradients.Throw, double.NaN)]
    [InlineData(NonFiniteGradients.Throw, double.PositiveInfinity)]
    [InlineData(NonFiniteGradients.SkipStep, double.NegativeInfinity)]
    public void A_gradient_that_is_not_finite_is_refused_as_configured(NonFiniteGradients policy, double bad)
    {
        foreach (var type in (ScalarType[])[ScalarType.Float32, ScalarType.Float64, ScalarType.BFloat16])
            foreach (var mode in Enum.GetValues<StepMode>())
            {
                List<(string, Parameter)> named = [("first", Make.Parameter(1, type, 70)), ("second", Make.Parameter(2, type, 70))];
                using var optimizer = new AdEMAMix(named, weight_decay: 0.1) { NonFiniteGradients = policy, Mode = mode };
                var parameters = named.ConvertAll(p => p.Item2);
                Make.Train(optimizer, parameters, 2);
                var before = Snapshot(optimizer, parameters);

                var values = Make.Numbers(3, 70);
                values[64] = bad;
                parameters[1].grad = tensor(values, ScalarType.Float64).to_type(type);
                if (policy == NonFiniteGradients.Throw)
                    Assert.StartsWith("the gradient of parameter 'second' holds NaN or infinity", Assert.Throws<GradientException>(() => optimizer.step()).Message);
                else
                    optimizer.step();
                Assert.Equal(policy == NonFiniteGradients.SkipStep ? 1 : 0, optimizer.SkippedSteps);
                Assert.Equal(before, Snapshot(optimizer, parameters));
            }
    }

    [Fact]
    public void A_state_of_another_shape_is_refused_by_name()
    {
        using var stream = new MemoryStream();
        using (var small = new AdEMAMix(One()))
            small.save_state_dict(new BinaryWriter(stream));
        stream.Position = 0;
        using var large = new AdEMAMix([Make.Parameter(1, ScalarType.Float32, 5)]);
        Assert.Contains("shape [4]", Assert.Throws<OptimizerStateException>(() => large.load_state_dict(new BinaryReader(stream))).Message);
    }

    static List<double[]> Snapshot(AdEMAMix optimizer, IEnumerable<Parameter> parameters) =>
        [.. parameters.SelectMany((p, i) => optimizer.Slots[0][i].State.Moments.ToArray().Select(m => Make.Values(m.Values)).Append(Make.Values(p)).Append([optimizer.Slots[0][i].State.step]))];
}
