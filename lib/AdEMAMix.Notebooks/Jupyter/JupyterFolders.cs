// Where Jupyter keeps its kernels: the user's own folder, and those in which it looks besides.
namespace AdEMAMix.Notebooks;

/// <summary>The data folders of Jupyter on Linux.</summary>
/// <param name="User">The folder that <c>jupyter --data-dir</c> names.</param>
/// <param name="Others">Further folders in which Jupyter looks for kernels.</param>
public sealed record JupyterFolders(string User, IReadOnlyList<string> Others)
{
    /// <summary>The folders as the environment has them.</summary>
    public static JupyterFolders Find()
    {
        var home = Environment.GetFolderPath(Environment.SpecialFolder.UserProfile, Environment.SpecialFolderOption.DoNotVerify);
        var user = Variable("JUPYTER_DATA_DIR") ?? Path.Combine(Variable("XDG_DATA_HOME") ?? Path.Combine(home, ".local", "share"), "jupyter");
        var path = (Variable("JUPYTER_PATH") ?? "").Split(Path.PathSeparator, StringSplitOptions.RemoveEmptyEntries);
        var environments = new[] { Variable("VIRTUAL_ENV"), Variable("CONDA_PREFIX") }.OfType<string>().Select(folder => Path.Combine(folder, "share", "jupyter"));
        return new JupyterFolders(Path.GetFullPath(user), [.. path, .. environments, "/usr/local/share/jupyter", "/usr/share/jupyter"]);
    }

    static string? Variable(string name) => Environment.GetEnvironmentVariable(name) is { Length: > 0 } value ? value : null;
}
