using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;
using static TorchSharp.torch.optim.lr_scheduler;

namespace AdEMAMix.Tests;

/// TorchSharp's own schedulers drive these optimizers as they drive its own: by the groups' learning rates.
public class SchedulerTests
{
    static readonly Dictionary<string, Func<IEnumerable<Parameter>, ElementwiseOptimizer>> Optimizers = new()
    {
        [nameof(AdEMAMix)] = p => new AdEMAMix(p, lr: Rate),
        [nameof(AdamW)] = p => new AdamW(p, lr: Rate),
        [nameof(Ad3EMAMix)] = p => new Ad3EMAMix(p, lr: Rate),
        [nameof(SimplifiedAdEMAMix)] = p => new SimplifiedAdEMAMix(p, lr: Rate),
        [nameof(Lion)] = p => new Lion(p, lr: Rate),
        [nameof(Sgd)] = p => new Sgd(p, lr: Rate),
        [nameof(Muon)] = p => new Muon(p, lr: Rate),
    };

    const double Rate = 0.01;

    public static TheoryData<string> Names => [.. Optimizers.Keys];

    [Fact]
    public void No_optimizer_is_forgotten() =>
        Assert.Equal(typeof(AdEMAMix).Assembly.GetExportedTypes().Where(t => t.IsSubclassOf(typeof(ElementwiseOptimizer)) && !t.IsAbstract).Select(t => t.Name).Order(), Optimizers.Keys.Order());

    /// A scheduled run is the run whose learning rate was written by hand before each step, bit for bit.
    [Theory]
    [MemberData(nameof(Names))]
    public void A_scheduler_of_TorchSharp_sets_the_rate_of_every_step(string name)
    {
        Dictionary<string, (Func<optim.Optimizer, LRScheduler> Make, Func<int, double> Rate)> schedules = new()
        {
            ["StepLR"] = (o => StepLR(o, 2, 0.5), t => Rate * Math.Pow(0.5, t / 2)),
            ["LambdaLR"] = (o => LambdaLR(o, t => 1.0 / (t + 1)), t => Rate / (t + 1)),
            ["LinearLR"] = (o => LinearLR(o, 0.25, 1, 4), t => Rate * Math.Min(1, 0.25 + 0.75 * t / 4)),
            ["CosineAnnealingLR"] = (o => CosineAnnealingLR(o, 6, 0.001), t => 0.001 + (Rate - 0.001) * (1 + Math.Cos(Math.PI * t / 6)) / 2),
        };
        foreach (var (schedule, (make, rate)) in schedules)
        {
            var (scheduled, byHand) = (Make.Parameter(1, ScalarType.Float32, 6, 5), Make.Parameter(1, ScalarType.Float32, 6, 5));
            using var first = Optimizers[name]([scheduled]);
            using var second = Optimizers[name]([byHand]);
            var scheduler = make(first);
            for (var t = 0; t < 6; t++)
            {
                var used = first.ParamGroups.Single().LearningRate;
                Assert.Equal(rate(t), used, 1e-9);
                second.ParamGroups.Single().LearningRate = used;
                Assert.True(Make.Train(second, [byHand], 1, t)[0].SequenceEqual(Make.Train(first, [scheduled], 1, t)[0]), $"{schedule}, step {t}");
                scheduler.step();
            }
            Assert.NotEqual(Make.Values(Make.Parameter(1, ScalarType.Float32, 6, 5)), Make.Values(scheduled));
        }
    }

    [Fact]
    public void Every_group_keeps_its_own_rate_under_a_scheduler()
    {
        using var optimizer = new AdEMAMix(
            [new AdEMAMix.ParamGroup([Make.Parameter(1, ScalarType.Float32, 4)]), new AdEMAMix.ParamGroup([Make.Parameter(2, ScalarType.Float32, 4)], new AdEMAMix.Options { LearningRate = 0.5 })], lr: 0.1);
        var scheduler = StepLR(optimizer, 1, 0.1);
        scheduler.step();
        Assert.Equal([0.01, 0.05], optimizer.ParamGroups.Select(g => Math.Round(g.LearningRate, 12)));
    }

    [Fact]
    public void A_scheduled_rate_is_saved_and_resumed()
    {
        using var stream = new MemoryStream();
        using (var optimizer = new AdEMAMix([Make.Parameter(1, ScalarType.Float32, 4)], lr: 0.5))
        {
            StepLR(optimizer, 1, 0.25).step();
            optimizer.save_state_dict(new BinaryWriter(stream));
        }
        stream.Position = 0;
        using var resumed = new AdEMAMix([Make.Parameter(1, ScalarType.Float32, 4)], lr: 0.5);
        resumed.load_state_dict(new BinaryReader(stream));
        Assert.Equal((0.125, 0.5), (resumed.ParamGroups.Single().LearningRate, resumed.ParamGroups.Single().InitialLearningRate));
    }
}
