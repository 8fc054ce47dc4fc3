using System.Security.Cryptography;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace Compat.Tests.Tensors;

/// <summary>The base of optimizers, through a small one of the tests' own, and the learning-rate schedules.</summary>
[Collection("tensors")]
public sealed class Optimizers : IDisposable
{
    readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    /// <summary>Gradient descent with momentum.</summary>
    sealed class Momentum : OptimizerHelper
    {
        public Momentum(IEnumerable<Parameter> parameters, double lr) : this([new ParamGroup<Settings>(parameters)], lr)
        {
        }

        public Momentum(IEnumerable<ParamGroup<Settings>> groups, double lr)
        {
            _defaults = new Settings { LearningRate = lr, InitialLearningRate = lr };
            _parameter_groups = [];
            foreach (var group in groups) add_param_group(group);
        }

        public override void add_param_group(ParamGroup param_group)
        {
            var group = (ParamGroup<Settings>)param_group;
            group.Options ??= new Settings();
            group.Options.LearningRate ??= _defaults.LearningRate;
            group.Options.InitialLearningRate = group.Options.LearningRate!.Value;
            base.add_param_group(group);
            foreach (var parameter in group.Parameters)
            {
                var state = new State(parameter);
                _state[parameter.Handle] = state;
                state.Initialize(group.Options);
            }
        }

        public override Tensor step(Func<Tensor>? closure = null) => _step<ParamGroup<Settings>>(group =>
        {
            foreach (var parameter in group.Parameters)
            {
                using var gradient = parameter.grad;
                if (gradient is null) continue;
                var velocity = ((State)_state[parameter.Handle]).Velocity!;
                velocity.mul_(group.Options.Decay).add_(gradient);
                parameter.add_(velocity, -group.LearningRate);
                Temporary = parameter * 2;
                GradEnabled = is_grad_enabled();
            }
        }, closure)!;

        public Tensor? Temporary { get; private set; }

        public bool GradEnabled { get; private set; }

        public sealed class Settings : OptimizerOptions
        {
            public double Decay = 0.5;

            public override void SaveStateDict(BinaryWriter writer)
            {
                base.SaveStateDict(writer);
                writer.Write(Decay);
            }

            public override void LoadStateDict(BinaryReader reader)
            {
                base.LoadStateDict(reader);
                Decay = reader.ReadDouble();
            }

            public override void LoadStateDict(OptimizerOptions source)
            {
                base.LoadStateDict(source);
                Decay = ((Settings)source).Decay;
            }
        }

        public sealed class State(Parameter parameter) : OptimizerState(parameter)
        {
            public Tensor? Velocity, Absent;

            public override void Initialize(OptimizerOptions options) => Velocity = zeros_like(_parameter).DetachFromDisposeScope();

            public override void SaveStateDict(BinaryWriter writer)
            {
                SaveConditionalStateTensor(writer, Absent!);
                SaveConditionalStateTensor(writer, Velocity!);
            }

            public override void LoadStateDict(BinaryReader reader)
            {
                LoadConditionalStateTensor(reader, ref Absent!, _parameter.device);
                LoadConditionalStateTensor(reader, ref Velocity!, _parameter.device);
            }

            public override void LoadStateDict(OptimizerState source) => Velocity!.copy_(((State)source).Velocity!);
        }
    }

    static Parameter[] Weights() => [new(arange(3, dtype: float32)), new(ones(2, 2, dtype: float64))];

    static Tensor Loss(Parameter[] weights) => weights[0].square().sum() + weights[1].square().sum();

    static byte[] Saved(OptimizerHelper optimizer)
    {
        using var memory = new MemoryStream();
        using var writer = new BinaryWriter(memory);
        optimizer.save_state_dict(writer);
        writer.Flush();
        return memory.ToArray();
    }

    [Fact]
    public void Step_runs_the_closure_with_gradients_and_the_update_without()
    {
        var weights = Weights();
        var optimizer = new Momentum(weights, 0.25);
        var recorded = false;
        var loss = optimizer.step(() =>
        {
            recorded = is_grad_enabled();
            var value = Loss(weights);
            value.backward();
            return value;
        });
        Assert.True(recorded);
        Assert.False(optimizer.GradEnabled);
        Assert.True(is_grad_enabled());
        Assert.Equal(9, loss.ToDouble());
        Assert.Equal([0, 0.5f, 1], weights[0].data<float>().ToArray());
        Assert.Equal([0.5, 0.5, 0.5, 0.5], weights[1].data<double>().ToArray());
        Assert.True(optimizer.Temporary!.IsInvalid);
        Assert.True(weights[0].requires_grad);
        Assert.Null(optimizer.step());
    }

    [Fact]
    public void Zero_grad_fills_with_zeros()
    {
        var weights = Weights();
        var optimizer = new Momentum(weights, 0.25);
        Loss(weights).backward();
        optimizer.zero_grad();
        Assert.Equal([0, 0, 0], weights[0].grad!.data<float>().ToArray());
    }

    [Fact]
    public void State_is_saved_byte_for_byte_as_by_TorchSharp()
    {
        var weights = Weights();
        var optimizer = new Momentum(weights, 0.25);
        Loss(weights).backward();
        optimizer.step();
        var bytes = Saved(optimizer);
        Assert.Equal(90, bytes.Length);
        Assert.Equal("89484156914a4bdf009aa37d6d51e4a04b5bf38c0a7e60913c", Convert.ToHexStringLower(SHA256.HashData(bytes))[..50]);
    }

    [Fact]
    public void Saved_state_is_loaded_from_a_stream_a_file_or_another_optimizer()
    {
        var weights = Weights();
        var saved = new Momentum(weights, 0.25);
        Loss(weights).backward();
        saved.step();
        saved.ParamGroups.Single().LearningRate = 0.125;
        var loaded = new Momentum(Weights(), 0.5);
        using (NewDisposeScope()) loaded.load_state_dict(new BinaryReader(new MemoryStream(Saved(saved))));
        Assert.Equal(0.125, loaded.ParamGroups.Single().LearningRate);
        Assert.Equal(0.25, loaded.ParamGroups.Single().InitialLearningRate);

        var copied = new Momentum(Weights(), 0.5);
        copied.load_state_dict(saved.state_dict());
        Assert.Equal(Saved(saved), Saved(copied));

        var path = Path.GetTempFileName();
        try
        {
            saved.save_state_dict(path);
            var read = new Momentum(Weights(), 0.5);
            read.load_state_dict(path);
            Assert.Equal(Saved(saved), Saved(read));
        }
        finally
        {
            File.Delete(path);
        }
    }

    sealed class Plain : OptimizerHelper
    {
        public Plain(IEnumerable<Parameter> parameters) => _parameter_groups = [new ParamGroup<OptimizerOptions>(parameters, new OptimizerOptions { LearningRate = 1 })];
    }

    [Fact]
    public void State_of_another_optimizer_or_of_other_parameters_is_refused()
    {
        var saved = Saved(new Momentum(Weights(), 0.25));
        var fewer = new Momentum(Weights()[..1], 0.25);
        Assert.Contains("different number of states", Assert.Throws<ArgumentException>(() => fewer.load_state_dict(new BinaryReader(new MemoryStream(saved)))).Message);
        var other = new Plain(Weights());
        Assert.Contains("expected 'Plain', but found 'Momentum'", Assert.Throws<InvalidDataException>(() => other.load_state_dict(new BinaryReader(new MemoryStream(saved)))).Message);
    }

    [Fact]
    public void State_dict_numbers_the_parameters_through_all_groups()
    {
        var weights = Weights();
        var optimizer = new Momentum(new ParamGroup<Momentum.Settings>[] { new([weights[1]], new() { LearningRate = 2 }), new([weights[0]]) }, 0.25);
        var state = optimizer.state_dict();
        Assert.Equal([2, 0.25], state.Options.Select(o => o.LearningRate!.Value));
        Assert.Equal([[0], [1]], state.StateIndexRef);
        Assert.Equal(2, state.State.Count);
        Assert.Equal([weights[1], weights[0]], optimizer.parameters());
    }

    static List<double> Rates(Func<torch.optim.Optimizer, torch.optim.lr_scheduler.LRScheduler> schedule, int steps)
    {
        var optimizer = new Momentum(Weights(), 0.5);
        var scheduler = schedule(optimizer);
        var rates = new List<double>();
        for (var i = 0; i < steps; i++)
        {
            rates.Add(Math.Round(optimizer.ParamGroups.Single().LearningRate, 12));
            Assert.Equal(optimizer.ParamGroups.Single().LearningRate, scheduler.get_last_lr().Single());
            scheduler.step();
        }
        return rates;
    }

    [Fact]
    public void Step_schedule_multiplies_every_so_many_epochs() =>
        Assert.Equal([0.5, 0.5, 0.05, 0.05, 0.005], Rates(o => torch.optim.lr_scheduler.StepLR(o, 2), 5));

    [Fact]
    public void Lambda_schedule_is_the_initial_rate_times_the_function() =>
        Assert.Equal([0.5, 0.25, 0.166666666667], Rates(o => torch.optim.lr_scheduler.LambdaLR(o, epoch => 1.0 / (epoch + 1)), 3));

    [Fact]
    public void Linear_schedule_grows_and_stays() =>
        Assert.Equal([0.125, 0.25, 0.375, 0.5, 0.5], Rates(o => torch.optim.lr_scheduler.LinearLR(o, start_factor: 0.25, total_iters: 3), 5));

    [Fact]
    public void Cosine_schedule_falls_to_its_floor_and_rises_again() =>
        Assert.Equal([0.5, 0.435563491861, 0.28, 0.124436508139, 0.06, 0.124436508139], Rates(o => torch.optim.lr_scheduler.CosineAnnealingLR(o, 4, 0.06), 6));

    [Fact]
    public void Schedule_jumps_to_an_epoch_by_its_closed_form()
    {
        var optimizer = new Momentum(Weights(), 0.5);
        torch.optim.lr_scheduler.StepLR(optimizer, 2).step(6);
        Assert.Equal(0.0005, optimizer.ParamGroups.Single().LearningRate, 12);
    }
}
