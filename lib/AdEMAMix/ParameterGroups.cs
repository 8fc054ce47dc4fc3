// The usual division of a network's parameters: matrices decay, norms and biases do not.
using TorchSharp.Modules;

namespace AdEMAMix;

/// <summary>Divides named parameters into those that weight decay should act on and those that it should not.</summary>
public static class ParameterGroups
{
    /// <summary>Parameters of two dimensions and more decay; vectors (biases, the weights of norms) do not.</summary>
    public static (List<(string name, Parameter parameter)> Decayed, List<(string name, Parameter parameter)> Plain) ByDimension(
        IEnumerable<(string name, Parameter parameter)> parameters) => Split(parameters, p => p.parameter.Dimensions >= 2);

    /// <summary>Parameters whose name contains none of the given parts decay; an unmatched part is an error, being likely a misspelling.</summary>
    /// <exception cref="ParameterException">A part occurs in no name.</exception>
    public static (List<(string name, Parameter parameter)> Decayed, List<(string name, Parameter parameter)> Plain) ByName(
        IEnumerable<(string name, Parameter parameter)> parameters, params string[] withoutDecay)
    {
        var list = parameters.ToList();
        foreach (var part in withoutDecay)
            if (!list.Any(p => p.name.Contains(part, StringComparison.Ordinal)))
                throw new ParameterException($"no parameter's name contains '{part}': the names are {string.Join(", ", list.Select(p => p.name))}");
        return Split(list, p => !withoutDecay.Any(part => p.name.Contains(part, StringComparison.Ordinal)));
    }

    static (List<(string, Parameter)>, List<(string, Parameter)>) Split(
        IEnumerable<(string name, Parameter parameter)> parameters, Predicate<(string name, Parameter parameter)> decays)
    {
        var list = parameters.ToList();
        return (list.FindAll(decays), list.FindAll(p => !decays(p)));
    }
}
