using System.Globalization;

namespace AdEMAMix.Workbook;

/// <summary>Whether the code that decides what a run computes is still that of some commit. Git is asked once per commit.</summary>
/// <param name="root">The clone's folder.</param>
public sealed class CodeHistory(string root)
{
    // Charts, notebooks and the run store may change without a run computing anything else.
    static readonly string[] deciding = ["lib/AdEMAMix", "lib/Compat/TorchSharp", "lib/AdEMAMix.Workbook/Models", "lib/AdEMAMix.Workbook/Data", "lib/AdEMAMix.Workbook/Training", ":(exclude)*.md"];

    readonly Dictionary<string, int?> changes = [];

    /// <summary>"same code", "older: 3 files changed since", or "unknown commit" where git cannot tell.</summary>
    /// <param name="commit">A run's <see cref="RunEnvironment.Commit"/>; with "+" the code had changes that no commit holds.</param>
    public string Since(string? commit)
    {
        if (commit is not null && commit.EndsWith('+')) return "changes not committed";
        return Changed(commit) switch
        {
            null => "unknown commit",
            0 => "same code",
            1 => "older: 1 file changed since",
            { } files => string.Create(CultureInfo.InvariantCulture, $"older: {files} files changed since"),
        };
    }

    /// <summary>Whether the code has changed since; false where nobody can tell.</summary>
    public bool IsOlder(string? commit) => commit?.EndsWith('+') != true && Changed(commit) > 0;

    // Against the files as they are, so that a reader's own edits count too.
    int? Changed(string? commit)
    {
        if (string.IsNullOrEmpty(commit) || !commit.All(char.IsAsciiHexDigit)) return null;
        if (changes.TryGetValue(commit, out var known)) return known;
        var files = RunEnvironment.Git(root, ["diff", "--name-only", commit, "--", .. deciding]);
        return changes[commit] = files?.Split('\n', StringSplitOptions.RemoveEmptyEntries).Length;
    }
}
