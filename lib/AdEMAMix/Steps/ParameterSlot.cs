// One parameter as its optimizer knows it: what it was at construction, against which every step checks.
using System.Globalization;
using TorchSharp;
using TorchSharp.Modules;
using static TorchSharp.torch;

namespace AdEMAMix;

/// <summary>A parameter, its state, and the facts that must not change while it is optimized.</summary>
sealed class ParameterSlot(Parameter parameter, MomentState state, string? name, string label, int index)
{
    readonly long[] shape = parameter.shape;

    /// <summary>The parameter.</summary>
    public Parameter Parameter => parameter;

    /// <summary>Its moments.</summary>
    public MomentState State => state;

    /// <summary>Its name; its number where it was given without one.</summary>
    public string Name { get; } = name ?? index.ToString(CultureInfo.InvariantCulture);

    /// <summary>How errors call it.</summary>
    public string Label => label;

    /// <summary>Its number within the optimizer: part of the key of stochastic rounding.</summary>
    public int Index => index;

    /// <summary>Element type.</summary>
    public ScalarType Type { get; } = parameter.dtype;

    /// <summary>Device.</summary>
    public DeviceType Device { get; } = parameter.device_type;

    /// <summary>Number of elements.</summary>
    public long Length { get; } = parameter.NumberOfElements;

    /// <summary>Names a parameter for errors: by its name, or else by its place and shape.</summary>
    public static string Describe(string? name, int group, int place, Parameter parameter) =>
        name is not null ? $"parameter '{name}'"
        : string.Create(CultureInfo.InvariantCulture, $"parameter {place} of group {group} (shape [{string.Join(", ", parameter.shape)}])");

    /// <summary>Throws where no step can be taken on this kind of tensor.</summary>
    public static void RequireOptimizable(Parameter parameter, string label)
    {
        if (parameter.is_sparse)
            throw new ParameterException($"{label} is sparse: only dense parameters can be optimized; convert it with to_dense()");
        if (parameter.dtype is not (ScalarType.Float32 or ScalarType.Float64 or ScalarType.BFloat16 or ScalarType.Float16))
            throw new ParameterException($"{label} has element type {parameter.dtype}: only Float32, Float64, BFloat16 and Float16 can be optimized; convert it, or leave it out");
    }

    /// <summary>Throws if the parameter is no longer what it was at construction.</summary>
    public void RequireUnchanged()
    {
        if (parameter.IsInvalid)
            throw new ParameterException($"{label} was disposed or replaced after the optimizer was made (module.to(...) replaces parameters): make the optimizer after moving the module");
        if (parameter.NumberOfElements != Length || parameter.dtype != Type)
            throw new ParameterException($"{label} has changed its shape or element type after the optimizer was made: make a new optimizer");
    }

    /// <summary>Throws if the gradient cannot belong to this parameter.</summary>
    public void RequireFits(Tensor gradient)
    {
        if (gradient.is_sparse)
            throw new GradientException($"the gradient of {label} is sparse: only dense gradients are supported; make the layer's gradient dense (an Embedding with sparse: false)");
        if (gradient.dtype != Type)
            throw new GradientException($"the gradient of {label} has element type {gradient.dtype} and the parameter {Type}: convert it before the step");
        if (gradient.device_type != Device)
            throw new GradientException($"the gradient of {label} lies on {gradient.device_type} and the parameter on {Device}: move it before the step");
        if (!HasShape(gradient))
            throw new GradientException($"the gradient of {label} has shape [{string.Join(", ", gradient.shape)}] and the parameter [{string.Join(", ", shape)}]: assign one of the parameter's shape");
    }

    bool HasShape(Tensor tensor)
    {
        if (tensor.Dimensions != shape.Length)
            return false;
        for (var i = 0; i < shape.Length; i++)
            if (tensor.size(i) != shape[i])
                return false;
        return true;
    }
}
