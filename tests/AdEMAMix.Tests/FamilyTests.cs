using System.Text.Json;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace AdEMAMix.Tests;

/// The relatives against numbers that other people's code made (fixtures/family.py).
public class FamilyTests
{
    static readonly JsonElement[] Cases = [.. JsonDocument.Parse(File.ReadAllText(Make.Fixture("family.json"))).RootElement.GetProperty("cases").EnumerateArray()];

    public static TheoryData<string, ScalarType, StepMode> Combinations
    {
        get
        {
            var data = new TheoryData<string, ScalarType, StepMode>();
            foreach (var c in Cases)
                foreach (var type in (ScalarType[])[ScalarType.Float64, ScalarType.Float32])
                    foreach (var mode in Enum.GetValues<StepMode>())
                        data.Add(c.GetProperty("name").GetString()!, type, mode);
            return data;
        }
    }

    [Theory]
    [MemberData(nameof(Combinations))]
    public void It_follows_the_numbers_of_PyTorch_or_its_authors(string name, ScalarType type, StepMode mode)
    {
        var c = Cases.Single(c => c.GetProperty("name").GetString() == name);
        var shapes = c.GetProperty("shapes").Deserialize<long[][]>()!;
        var parameters = c.GetProperty("initial").Deserialize<double[][]>()!.Select((x, i) => new Parameter(ToTensor(x, shapes[i], type))).ToList();
        using var optimizer = New(c.GetProperty("optimizer").GetString()!, parameters, c.GetProperty("hyperparameters"));
        optimizer.Mode = mode;
        var limit = type == ScalarType.Float64 ? 1e-12 : 2e-6;
        var step = 0;
        foreach (var gradients in c.GetProperty("gradients").Deserialize<double[][][]>()!)
        {
            for (var i = 0; i < parameters.Count; i++)
                parameters[i].grad = ToTensor(gradients[i], shapes[i], type);
            optimizer.step();
            step++;
            var expected = c.GetProperty("expected").EnumerateArray().FirstOrDefault(e => e.GetProperty("step").GetInt32() == step);
            if (expected.ValueKind == JsonValueKind.Undefined)
                continue;
            var tensors = expected.GetProperty("tensors").EnumerateArray().ToList();
            for (var i = 0; i < parameters.Count; i++)
            {
                AssertClose(tensors[i].GetProperty("param"), parameters[i], limit);
                foreach (var (moment, tensor) in optimizer.Slots[0][i].State.tensors())
                    AssertClose(tensors[i].GetProperty("moments").GetProperty(moment), tensor, limit);
            }
        }
        Assert.Equal(20, step);
    }

    [Fact]
    public void Muon_takes_matrices_only() =>
        Assert.Contains("give this one to AdamW", Assert.Throws<ParameterException>(() => new Muon([("norm.weight", Make.Parameter(1, ScalarType.Float32, 4))])).Message);

    [Fact]
    public void Muon_makes_the_directions_singular_values_nearly_one()
    {
        var matrix = Make.Parameter(1, ScalarType.Float64, 6, 9);
        var before = Make.Values(matrix);
        using var muon = new Muon([matrix], lr: 1);
        matrix.grad = Make.Tensor(2, ScalarType.Float64, 6, 9);
        muon.step();
        using var direction = tensor(before.Zip(Make.Values(matrix), (x, y) => x - y).ToArray(), ScalarType.Float64).reshape(6, 9);
        // The sum of squared singular values of six that are nearly one.
        Assert.InRange((direction * direction).sum().item<double>(), 6 * 0.7 * 0.7, 6 * 1.2 * 1.2);
    }

    static ElementwiseOptimizer New(string optimizer, List<Parameter> p, JsonElement h)
    {
        double Number(string name) => h.GetProperty(name).GetDouble();
        double Beta(int i) => h.GetProperty("betas")[i].GetDouble();
        return optimizer switch
        {
            "AdamW" => new AdamW(p, Number("lr"), Beta(0), Beta(1), Number("eps"), Number("weight_decay")),
            "Sgd" => new Sgd(p, Number("lr"), Number("momentum"), h.GetProperty("nesterov").GetBoolean(), Number("weight_decay")),
            "Lion" => new Lion(p, Number("lr"), Beta(0), Beta(1), Number("weight_decay")),
            "SimplifiedAdEMAMix" => new SimplifiedAdEMAMix(p, Number("lr"), Beta(0), Beta(1), Number("alpha"), null, Number("eps"), Number("weight_decay")),
            "Muon" => new Muon(p, Number("lr"), Number("momentum"), h.GetProperty("nesterov").GetBoolean(), Number("weight_decay")),
            _ => throw new ArgumentException(optimizer),
        };
    }

    static Tensor ToTensor(double[] values, long[] shape, ScalarType type) => tensor(values, ScalarType.Float64).reshape(shape).to_type(type);

    static void AssertClose(JsonElement expected, Tensor actual, double limit)
    {
        var (x, y) = (expected.Deserialize<double[]>()!, Make.Values(actual));
        var error = x.Zip(y, (a, b) => Math.Abs(a - b)).Max() / x.Max(Math.Abs);
        Assert.True(error <= limit, $"{error:E2}");
    }
}
