// One clone for all tests that need the main notebook's runs, so that they are trained once.

namespace AdEMAMix.Cli.Tests;

/// <summary>The clone, made when a test first asks for it: what is missing here then skips that test.</summary>
public sealed class SharedClone : IDisposable
{
    JupyterClone? clone;

    internal JupyterClone Get()
    {
        if (clone is not null) return clone;
        clone = new JupyterClone();
        // Runs that the clone around these tests has trained already need not be trained again.
        foreach (var file in Directory.EnumerateFiles(Path.Combine(JupyterClone.Repository, "data"), "runs.db*")) File.Copy(file, Path.Combine(clone.Root, "data", Path.GetFileName(file)));
        return clone;
    }

    public void Dispose() => clone?.Dispose();
}

/// <summary>Kernels, browsers and training take the machine: these tests run one after the other.</summary>
[CollectionDefinition(Name)]
public sealed class JupyterCollection : ICollectionFixture<SharedClone>
{
    public const string Name = "Jupyter";
}
