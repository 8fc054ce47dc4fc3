// An optimizer's part on GPUs: one CudaStep per device, opened when the first tensor there turns up. Without any it does nothing.
using TorchSharp;

namespace AdEMAMix;

/// <summary>The GPUs of one optimizer.</summary>
/// <param name="runtime">Finds driver and compiler; asked only when a tensor lies on a device of the given type.</param>
/// <param name="type">The type of device that is updated here: CUDA.</param>
sealed class DeviceSteps(Func<CudaRuntime> runtime, DeviceType type) : IDisposable
{
    readonly SortedDictionary<int, CudaStep> steps = [];
    readonly HashSet<int> refused = [];

    /// <summary>The devices with rows in the step in hand.</summary>
    public IEnumerable<CudaStep> Active => steps.Values.Where(step => step.Count > 0);

    /// <summary>The one device that has all the rows, if it is one.</summary>
    public CudaStep? Single => Active.Take(2).Count() == 1 ? Active.First() : null;

    /// <summary>The step on a parameter's device, or null where kernels cannot run there or do not know the rule.</summary>
    public CudaStep? For(ParameterSlot slot, string rule)
    {
        if (slot.Device != type)
            return null;
        var ordinal = Math.Max(0, slot.Parameter.device_index);
        if (steps.TryGetValue(ordinal, out var step))
            return Knows(rule) ? step : null;
        if (refused.Contains(ordinal) || !Knows(rule))
            return null;
        if (runtime().DeviceAt(ordinal) is { } device)
            return steps[ordinal] = new CudaStep(device);
        refused.Add(ordinal);
        return null;
    }

    /// <summary>
    /// Compiles what is new and brings all tables to their devices, before anything is changed. False, with a notice, where
    /// something does not compile: gather again, and those tensors are refused.
    /// </summary>
    public bool Prepare()
    {
        foreach (var step in steps.Values)
        {
            try
            {
                step.Compile();
            }
            catch (CudaException e)
            {
                runtime().NoteFallback(e.Message);
                return false;
            }
        }
        foreach (var step in steps.Values)
            step.Upload();
        return true;
    }

    /// <summary>Queues the update of all rows.</summary>
    public void Update(double scale)
    {
        foreach (var step in Active)
            step.Update(scale);
    }

    /// <summary>The norm that the last step computed on its device, waiting for it; null where it did not.</summary>
    public double? ReadNorm()
    {
        foreach (var step in steps.Values)
            if (step.ReadNorm() is { } norm)
                return norm;
        return null;
    }

    /// <summary>Forgets the rows of the step.</summary>
    public void Clear()
    {
        foreach (var step in steps.Values)
            step.Clear();
    }

    /// <inheritdoc/>
    public void Dispose()
    {
        foreach (var step in steps.Values)
            step.Dispose();
        steps.Clear();
    }

    bool Knows(string rule)
    {
        if (CudaSource.Has(rule))
            return true;
        runtime().NoteFallback($"{CudaSource.Name} has no {rule}");
        return false;
    }
}
