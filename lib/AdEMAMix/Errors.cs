// The mistakes a user of an optimizer can make; one type per kind, each message names the value, the rule and the remedy.
using System.Globalization;

namespace AdEMAMix;

/// <summary>A mistake that the caller can mend. Parameters and states are as they were before the call.</summary>
public abstract class OptimizerException(string message, Exception? inner = null) : Exception(message, inner);

/// <summary>A hyperparameter is out of its range.</summary>
public sealed class HyperparameterException : OptimizerException
{
    /// <summary>Names the hyperparameter, its value, the rule and the remedy.</summary>
    public HyperparameterException(string name, object? value, string rule)
        : base(string.Create(CultureInfo.InvariantCulture, $"{name} is {value}: {rule}")) =>
        (Name, Value) = (name, value);

    /// <summary>The hyperparameter's name, as the constructor spells it.</summary>
    public string Name { get; }

    /// <summary>The value that was refused.</summary>
    public object? Value { get; }
}

/// <summary>A parameter cannot be optimized: its type, its being listed twice, or its having been disposed.</summary>
public sealed class ParameterException(string message) : OptimizerException(message);

/// <summary>A gradient does not fit its parameter, or is not finite where that was not to be let through.</summary>
public sealed class GradientException(string message) : OptimizerException(message);

/// <summary>A saved optimizer state does not fit this optimizer.</summary>
public sealed class OptimizerStateException(string message, Exception? inner = null) : OptimizerException(message, inner);

/// <summary>A file of golden trajectories cannot be read.</summary>
public sealed class ParityFileException(string message, Exception? inner = null) : OptimizerException(message, inner);

/// <summary>The checks of hyperparameters that the optimizers share. Every check refuses NaN.</summary>
static class Require
{
    public static void NonNegative(string name, double? value)
    {
        if (value is not { } x || !(x >= 0) || double.IsInfinity(x))
            throw new HyperparameterException(name, value, "it must be a finite number of at least 0; choose one");
    }

    public static void Positive(string name, double? value)
    {
        if (value is not { } x || !(x > 0) || double.IsInfinity(x))
            throw new HyperparameterException(name, value, "it must be a finite number above 0; leave it out for none");
    }

    public static void Decay(string name, double? value)
    {
        if (value is not (>= 0 and < 1))
            throw new HyperparameterException(name, value, "a decay must lie in [0, 1); choose a value such as 0.9, 0.999 or 0.9999");
    }

    public static void Warmup(string name, double? value)
    {
        if (value is not >= 0 || double.IsInfinity(value.Value) || value != Math.Floor(value.Value))
            throw new HyperparameterException(name, value, "a warmup is a number of steps, at least 0; 0 means none");
    }

    public static void Switch(string name, double? value)
    {
        if (value is not (0 or 1))
            throw new HyperparameterException(name, value, "it is either on (1) or off (0); choose one");
    }
}
