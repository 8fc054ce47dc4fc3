// The packages of one session: asked for cell by cell, restored together, so that shared dependencies have one version.
namespace AdEMAMix.Notebooks;

sealed class SessionPackages(string directory)
{
    readonly PackageRestore _restore = new(directory);
    readonly List<PackageRequest> _requests = [];
    readonly List<string> _sources = [];
    readonly Dictionary<string, string> _loaded = new(StringComparer.OrdinalIgnoreCase);

    /// <summary>Adds a place to look in; a folder may be given relative to the notebook.</summary>
    public void AddSource(string source)
    {
        if (!source.Contains("://", StringComparison.Ordinal)) source = Path.GetFullPath(source, directory);
        if (!_sources.Contains(source)) _sources.Add(source);
    }

    /// <summary>Restores what is new; null where all is there already.</summary>
    /// <exception cref="NotebookException">A package cannot be had, or is there in another version.</exception>
    public async Task<RestoredPackages?> AddAsync(IReadOnlyList<PackageDirective> directives, CancellationToken cancellation)
    {
        var added = new List<PackageRequest>();
        foreach (var directive in directives)
        {
            var known = _requests.Concat(added).FirstOrDefault(request => string.Equals(request.Id, directive.Id, StringComparison.OrdinalIgnoreCase));
            if (known is null) added.Add(new PackageRequest(directive.Id, directive.Version));
            else if (directive.Version is not null && directive.Version != known.Version && directive.Version != _loaded.GetValueOrDefault(directive.Id))
                throw new NotebookException($"line {directive.Line} asks for {directive.Id} {directive.Version}, and the session has loaded {_loaded.GetValueOrDefault(directive.Id) ?? known.Version ?? "another version"}: restart to change the version.");
        }
        if (added.Count == 0) return null;
        var restored = await _restore.RunAsync([.. _requests.Select(request => request with { Version = _loaded.GetValueOrDefault(request.Id, request.Version ?? "*") }), .. added], _sources, cancellation).ConfigureAwait(false);
        foreach (var (id, version) in restored.Versions)
            if (_loaded.TryGetValue(id, out var before) && before != version)
                throw new NotebookException($"{string.Join(" and ", added.Select(request => request.Id))} needs {id} {version}, and the session has loaded {id} {before}: restart and reference it first.");
        _requests.AddRange(added);
        foreach (var (id, version) in restored.Versions) _loaded[id] = version;
        return restored;
    }
}
