namespace Plotly.NET.CSharp;

/// <summary>An optional argument: a value converts to it, leaving it out is different from passing null.</summary>
public readonly record struct Optional<T>(T Value, bool IsSome)
{
    public static implicit operator Optional<T>(T Value) => new(Value, true);
}
