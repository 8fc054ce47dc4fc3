// One named number among an optimizer's options: what saving, loading, defaults and checks need to know of it.
namespace AdEMAMix;

/// <summary>A hyperparameter of one group.</summary>
/// <param name="Name">As the constructor spells it.</param>
/// <param name="Get">Reads it; null while it is left open.</param>
/// <param name="Set">Writes it.</param>
/// <param name="Check">Throws where the value is out of range.</param>
sealed record Hyperparameter(string Name, Func<double?> Get, Action<double?> Set, Action<string, double?> Check);
