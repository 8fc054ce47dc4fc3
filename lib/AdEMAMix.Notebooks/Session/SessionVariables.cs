// The variables of a session, read from the objects that its cells became.
using System.Reflection;

namespace AdEMAMix.Notebooks;

/// <summary>One variable.</summary>
sealed record SessionVariable(string Name, string Type, string Value);

static class SessionVariables
{
    const int ValueLimit = 200;

    /// <summary>The variables that a next cell would see, by name; of two with one name the later.</summary>
    public static IReadOnlyList<SessionVariable> Of(IEnumerable<object?> submissions)
    {
        var variables = new SortedDictionary<string, SessionVariable>(StringComparer.Ordinal);
        foreach (var submission in submissions)
        {
            if (submission is null) continue;
            foreach (var field in submission.GetType().GetFields(BindingFlags.Instance | BindingFlags.Public | BindingFlags.NonPublic | BindingFlags.DeclaredOnly))
            {
                // What the compiler keeps for itself has names that no cell can write.
                if (field.Name.Contains('<', StringComparison.Ordinal)) continue;
                var value = PlainText.Of(field.GetValue(submission)).ReplaceLineEndings(" ");
                variables[field.Name] = new SessionVariable(field.Name, PlainText.TypeName(field.FieldType), value.Length > ValueLimit ? string.Concat(value.AsSpan(0, ValueLimit), "...") : value);
            }
        }
        return [.. variables.Values];
    }
}
