// The common base of the optimizers: groups, states, and the order of a step. Nothing is changed before everything is checked.
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace AdEMAMix;

/// <summary>
/// An optimizer whose update treats every element alike. A step gathers the gradients of all groups, checks them, and then
/// updates all tensors in one pass over memory; where that is not possible it uses tensor operators.
/// </summary>
/// <remarks>
/// The single pass writes to the parameters' memory directly, so autograd does not notice it: do not call backward a second
/// time through a graph that was built before the step.
/// </remarks>
public abstract class ElementwiseOptimizer : OptimizerHelper
{
    readonly List<List<ParameterSlot>> slots = [];
    readonly StepPlan plan;

    private protected ElementwiseOptimizer(ElementwiseOptions defaults, double? maxGradNorm)
    {
        defaults.InitialLearningRate = defaults.LearningRate ?? 0;
        defaults.Validate();
        _defaults = defaults;
        _parameter_groups = new List<ParamGroup>();
        MaxGradNorm = maxGradNorm;
        plan = new StepPlan(this);
    }

    /// <summary>
    /// Clips the gradients of all groups together to this Euclidean norm, by a factor applied inside the step, as
    /// <c>clip_grad_norm_</c> computes it: the gradients themselves are not rewritten. Null means no clipping.
    /// </summary>
    /// <exception cref="HyperparameterException">Not a finite number above 0.</exception>
    public double? MaxGradNorm
    {
        get;
        set
        {
            if (value is not null)
                Require.Positive("max_grad_norm", value);
            field = value;
        }
    }

    /// <summary>
    /// The norm that <see cref="MaxGradNorm"/> is compared with, where this optimizer holds only a part of the parameters that are clipped
    /// together; asked for once per step, see <see cref="GlobalGradientNorm"/>. Null: the norm of its own gradients.
    /// </summary>
    public Func<double>? NormOfAllGradients { get; set; }

    /// <summary>What to do with NaN and infinity in gradients. Anything but letting them through reads all gradients once more.</summary>
    public NonFiniteGradients NonFiniteGradients { get; set; }

    /// <summary>How steps are computed.</summary>
    public StepMode Mode { get; set; }

    /// <summary>Threads of a step; null means as many as libtorch uses. Results do not depend on it.</summary>
    public int? Threads { get; set; }

    /// <summary>Whether steps measure themselves; costs several passes over memory and one copy of the parameters. Nothing when off.</summary>
    public bool CollectStatistics { get; set; }

    /// <summary>The last step's figures; null while <see cref="CollectStatistics"/> is off.</summary>
    public StepStatistics? LastStatistics { get; internal set; }

    /// <summary>
    /// The global norm of the last step's gradients, before clipping; null where nothing asked for it. Where it was computed on
    /// a GPU, reading it waits for the device.
    /// </summary>
    public double? LastGradientNorm
    {
        get => field ??= Devices.ReadNorm();
        internal set;
    }

    /// <summary>The GPUs on which tensors are updated.</summary>
    internal DeviceSteps Devices { get; set; } = new(() => CudaSupport.Runtime, DeviceType.CUDA);

    /// <summary>Steps left out because a gradient was not finite.</summary>
    public long SkippedSteps { get; internal set; }

    /// <summary>Bytes of state that the optimizer keeps.</summary>
    public long StateBytes => slots.SelectMany(group => group).Sum(slot => slot.State.Bytes);

    /// <summary>The slots of each group, in the order of the groups.</summary>
    internal IReadOnlyList<List<ParameterSlot>> Slots => slots;

    /// <summary>The options of a group.</summary>
    internal ElementwiseOptions OptionsOf(int group) => (ElementwiseOptions)_parameter_groups[group].Options;

    /// <summary>A state for a parameter, not yet initialized.</summary>
    private protected abstract MomentState NewState(Parameter parameter);

    /// <summary>Options with every value null.</summary>
    private protected abstract ElementwiseOptions NewOptions();

    /// <summary>The kernels that fit a group's options; null where the update is not one of single elements.</summary>
    internal abstract KernelSet? KernelsFor(ElementwiseOptions options);

    /// <summary>Throws where the optimizer cannot take a parameter.</summary>
    private protected virtual void RequireFitting(Parameter parameter, string label)
    {
    }

    /// <summary>The coefficients of a step.</summary>
    /// <param name="options">The group's hyperparameters.</param>
    /// <param name="t">The group's step, from 1: for schedules.</param>
    /// <param name="n">The parameter's own number of updates, from 1: for bias corrections.</param>
    internal abstract StepScalars ScalarsFor(ElementwiseOptions options, long t, long n);

    /// <summary>The same update, one tensor operator after the other.</summary>
    /// <param name="theta">The parameter, in the arithmetic's type; updated in place.</param>
    /// <param name="g">The gradient, already scaled.</param>
    /// <param name="moments">The moments in the rule's order; updated in place.</param>
    /// <param name="s">The step's coefficients.</param>
    internal abstract void StepWithOperators(Tensor theta, Tensor g, ReadOnlySpan<MomentBuffer> moments, in StepScalars s);

    /// <summary>Adds a group of parameters; options that it leaves open are filled with the optimizer's defaults.</summary>
    /// <exception cref="ParameterException">A parameter cannot be optimized or is in the optimizer already; nothing is added.</exception>
    /// <exception cref="HyperparameterException">An option is out of range; nothing is added.</exception>
    public override void add_param_group(ParamGroup param_group)
    {
        var parameters = param_group.Parameters.ToList();
        var names = (param_group as INamedParameters)?.Names;
        var group = slots.Count;
        var labels = parameters.Select((p, i) => p.IsInvalid
            ? throw new ParameterException($"parameter {i} of group {group} is disposed: make the optimizer from live parameters")
            : ParameterSlot.Describe(names?[i], group, i, p)).ToList();
        RequireOptimizable(parameters, labels);

        var options = (ElementwiseOptions)(param_group.Options ??= NewOptions());
        options.step ??= slots.Count == 0 ? null : Enumerable.Range(0, slots.Count).Max(g => OptionsOf(g).step);
        options.FillFrom((ElementwiseOptions)_defaults);
        options.InitialLearningRate = options.LearningRate ?? 0;
        options.Validate();
        RequireFormat(options, parameters, labels);

        param_group.Parameters = parameters;
        _parameter_groups.Add(param_group);
        var index = slots.Sum(g => g.Count);
        var added = new List<ParameterSlot>();
        slots.Add(added);
        for (var i = 0; i < parameters.Count; i++)
        {
            var state = NewState(parameters[i]);
            state.Initialize(options);
            _state[parameters[i].Handle] = state;
            added.Add(new ParameterSlot(parameters[i], state, names?[i], labels[i], index + i));
        }
    }

    /// <summary>One step of all groups.</summary>
    /// <param name="closure">Computes the loss anew; optional.</param>
    /// <returns>The closure's loss, or null.</returns>
    /// <exception cref="ParameterException">A parameter was disposed, replaced or changed; nothing was updated.</exception>
    /// <exception cref="GradientException">A gradient does not fit, or is not finite; nothing was updated.</exception>
    public override Tensor step(Func<Tensor>? closure = null)
    {
        Tensor? loss = null;
        if (closure is not null)
        {
            using var gradients = enable_grad();
            loss = closure();
        }
        using (no_grad())
            plan.Run();
        return loss!;
    }

    /// <summary>
    /// Saves moments, counters and hyperparameters as one <c>.safetensors</c> file (numbers in the file's JSON header). An
    /// optimizer that loads it goes on bit for bit, in every format.
    /// </summary>
    /// <exception cref="OptimizerStateException">The file cannot be written; an older one of that name is as it was.</exception>
    public void SaveState(string path) => StateFile.Save(this, path);

    /// <summary>
    /// Loads what <see cref="SaveState"/> wrote. Moments saved in another storage format are converted; other parameters or
    /// hyperparameters are an error that names them.
    /// </summary>
    /// <param name="path">The file.</param>
    /// <param name="allowed">What may differ all the same. The learning rate counts as a hyperparameter: set it first where a scheduler drives it.</param>
    /// <exception cref="OptimizerStateException">It cannot be read, or does not fit; the optimizer is as it was.</exception>
    public void LoadState(string path, StateMismatch allowed = StateMismatch.None) => StateFile.Load(this, path, allowed);

    /// <summary>Frees the states.</summary>
    protected override void Dispose(bool disposing)
    {
        base.Dispose(disposing);
        if (!disposing)
            return;
        Devices.Dispose();
        foreach (var slot in slots.SelectMany(group => group))
            slot.State.Dispose();
    }

    /// <summary>Takes over moments, update counts and settings from another optimizer of the same parameters.</summary>
    internal void Continue(ElementwiseOptimizer source, params (string From, string To)[] moments)
    {
        (MaxGradNorm, NonFiniteGradients, Mode, Threads) = (source.MaxGradNorm, source.NonFiniteGradients, source.Mode, source.Threads);
        foreach (var (mine, its) in slots.SelectMany(g => g).Zip(source.slots.SelectMany(g => g)))
        {
            mine.State.step = its.State.step;
            // With beta1 = 0 one of the two keeps no fast average: then there is nothing to take over.
            foreach (var (from, to) in moments)
                if (its.State.Moment(from) is { } known && mine.State.Moment(to) is { } open)
                    open.CopyFrom(known);
        }
    }

    private protected void AddGroups(IEnumerable<ParamGroup> groups)
    {
        foreach (var group in groups)
            add_param_group(group);
        if (slots.Sum(g => g.Count) == 0)
            throw new ParameterException("there are no parameters to optimize: does the module call RegisterComponents()?");
    }

    unsafe void RequireOptimizable(List<Parameter> parameters, List<string> labels)
    {
        var known = new Dictionary<nint, string>();
        foreach (var slot in slots.SelectMany(g => g).Where(s => !s.Parameter.IsInvalid && s.Length > 0))
            known[(nint)TensorPointer.Of(slot.Parameter)] = slot.Label;
        for (var i = 0; i < parameters.Count; i++)
        {
            ParameterSlot.RequireOptimizable(parameters[i], labels[i]);
            RequireFitting(parameters[i], labels[i]);
            if (parameters[i].NumberOfElements > 0 && !known.TryAdd((nint)TensorPointer.Of(parameters[i]), labels[i]))
                throw new ParameterException($"{labels[i]} is given twice (first as {known[(nint)TensorPointer.Of(parameters[i])]}): list every parameter in one group only");
        }
    }

    static void RequireFormat(ElementwiseOptions options, List<Parameter> parameters, List<string> labels)
    {
        var wide = parameters.FindIndex(p => p.dtype == ScalarType.Float64);
        if (options.state_format != StateFormat.Full && wide >= 0)
            throw new HyperparameterException("state_format", options.state_format, $"{labels[wide]} is Float64, whose states are kept in full; choose StateFormat.Full for its group");
    }
}
