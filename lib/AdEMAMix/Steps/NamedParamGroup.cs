// A parameter group that remembers its parameters' names, so that errors can say which one is meant.
using TorchSharp.Modules;

namespace AdEMAMix;

/// <summary>A group of parameters with options of its own.</summary>
public class NamedParamGroup<TOptions> : ParamGroup<TOptions>, INamedParameters where TOptions : ElementwiseOptions
{
    /// <summary>An empty group.</summary>
    public NamedParamGroup() { }

    /// <summary>A group of parameters without names.</summary>
    public NamedParamGroup(IEnumerable<Parameter> parameters, TOptions? options = null) : base(parameters, options!) { }

    /// <summary>A group of named parameters, as <c>module.named_parameters()</c> returns them.</summary>
    public NamedParamGroup(IEnumerable<(string name, Parameter parameter)> parameters, TOptions? options = null)
    {
        var list = parameters.ToList();
        Parameters = list.ConvertAll(p => p.parameter);
        Names = list.ConvertAll(p => p.name);
        if (options is not null)
            Options = options;
    }

    /// <summary>The parameters' names, in their order; null where they were given without.</summary>
    public IReadOnlyList<string>? Names { get; }
}

/// <summary>What the optimizers' common base sees of the generic groups above.</summary>
interface INamedParameters
{
    IReadOnlyList<string>? Names { get; }
}
