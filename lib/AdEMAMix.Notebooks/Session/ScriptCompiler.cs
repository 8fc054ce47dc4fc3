// Compiles one part of a cell as the continuation of everything that ran before it.
using System.Collections.Immutable;
using System.Runtime.CompilerServices;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Emit;
using Microsoft.CodeAnalysis.Text;

namespace AdEMAMix.Notebooks;

/// <summary>A compiled part: its image and symbols, and its entry type. <see cref="Image"/> is null where there is nothing to run (usings only).</summary>
/// <param name="Compilation">What was compiled.</param>
/// <param name="Image">The assembly.</param>
/// <param name="Symbols">Its symbols, with the positions of the woven text.</param>
/// <param name="EntryType">The class that the part became.</param>
/// <param name="HasValue">Whether the part ends in a value.</param>
/// <param name="Edits">The checks that were woven in; null where there was nothing to weave.</param>
/// <param name="IsStoppable">Whether all its loops and functions notice a stop.</param>
sealed record CompiledPart(CSharpCompilation Compilation, MemoryStream? Image, MemoryStream? Symbols, string? EntryType, bool HasValue, WovenEdits? Edits = null, bool IsStoppable = true);

/// <summary>The chain of script compilations of one session: each sees the variables, types and usings of those before it.</summary>
sealed class ScriptCompiler
{
    // The imports of a C# cell of .NET Interactive.
    static readonly string[] Imports =
    [
        "System", "System.Text", "System.Collections", "System.Collections.Generic", "System.Threading.Tasks", "System.Linq",
        "Microsoft.DotNet.Interactive.Kernel",
    ];

    // Replaced whole when they grow: a front end may ask for completions while a cell adds a reference.
    volatile PortableExecutableReference[] _references = [];
    volatile string[] _folders = [];
    readonly CSharpCompilationOptions _options;
    readonly FolderResolver _resolver;
    volatile CSharpCompilation? _previous;
    readonly bool _hasChecks;
    int _count;

    public ScriptCompiler(string directory, bool hasChecks = true)
    {
        _hasChecks = hasChecks;
        _resolver = new FolderResolver(this);
        _options = new CSharpCompilationOptions(
            OutputKind.DynamicallyLinkedLibrary,
            usings: Imports,
            optimizationLevel: OptimizationLevel.Release,
            allowUnsafe: true,
            nullableContextOptions: NullableContextOptions.Annotations,
            assemblyIdentityComparer: DesktopAssemblyIdentityComparer.Default,
            sourceReferenceResolver: new SourceFileResolver([], directory),
            metadataReferenceResolver: _resolver,
            reportSuppressedDiagnostics: false);
    }

    /// <summary>Lets the compiler load and compile itself in the background, once per process: the first cell then waits less.</summary>
    public static void WarmUp()
    {
        if (Interlocked.Exchange(ref s_warm, true)) return;
        ThreadPool.UnsafeQueueUserWorkItem(static _ =>
        {
            try
            {
                new ScriptCompiler(Path.GetTempPath()).Compile("for (var i = 0; i < 1; i++) { }\n1 + 1", "warm-up", CancellationToken.None);
            }
            catch (Exception e) when (e is CompilationFailure or IOException or UnauthorizedAccessException)
            {
                // What is wrong here is wrong for the first cell too, which has a reader to tell.
            }
        }, null);
    }

    static bool s_warm;

    /// <summary>Adds an assembly that the following code may name.</summary>
    public void AddReference(string path)
    {
        if (_references.Any(reference => reference.FilePath == path)) return;
        // A second reference to a file that cells know as a dependency would make two of every type that depends on it: that of the variables before, and that of the code after.
        _references = [.. _references, _resolver.Known(path) ?? MetadataReference.CreateFromFile(path)];
        if (!_folders.Contains(Path.GetDirectoryName(path)!)) _folders = [.. _folders, Path.GetDirectoryName(path)!];
    }

    /// <summary>Compiles; throws <see cref="CompilationFailure"/> with the errors. The result counts for later code once it is passed to <see cref="Accept"/>.</summary>
    public CompiledPart Compile(string code, string documentName, CancellationToken cancellation)
    {
        var source = SourceText.From(code, Encoding.UTF8);
        var tree = CSharpSyntaxTree.ParseText(source, CellDirectives.ParseOptions, documentName, cancellation);
        var name = $"Submission#{Interlocked.Increment(ref _count) - 1}";
        var compilation = CSharpCompilation.CreateScriptCompilation(
            name, tree, AllReferences(), _options.WithScriptClassName(name), _previous, returnType: typeof(object));
        if (compilation.SyntaxTrees.All(t => t.GetCompilationUnitRoot(cancellation).Members.Count == 0))
        {
            Check(compilation.GetDiagnostics(cancellation), compilation);
            return new CompiledPart(compilation, null, null, null, false);
        }
        var edits = !_hasChecks || tree.GetDiagnostics(cancellation).Any(d => d.Severity == DiagnosticSeverity.Error) ? [] : FindChecks(compilation, tree, cancellation);
        if (edits is null or { Count: 0 }) return Emit(compilation, tree, null, cancellation) with { IsStoppable = edits is not null };
        var wovenTree = CSharpSyntaxTree.ParseText(WovenEdits.Apply(source, edits), CellDirectives.ParseOptions, documentName, cancellation);
        try
        {
            return Emit(compilation.ReplaceSyntaxTree(tree, wovenTree), wovenTree, new WovenEdits(source, edits), cancellation);
        }
        catch (CompilationFailure)
        {
            // Its errors are of a text that the reader has not written. A cell that compiles only without checks still runs; a stop then has to abandon it.
            return Emit(compilation, tree, null, cancellation) with { IsStoppable = false };
        }
    }

    static IReadOnlyList<WovenEdit>? FindChecks(CSharpCompilation compilation, SyntaxTree tree, CancellationToken cancellation)
    {
        try
        {
            return StopWeaver.Find(compilation, tree, cancellation);
        }
        catch (InsufficientExecutionStackException)
        {
            return null;
        }
    }

    static CompiledPart Emit(CSharpCompilation compilation, SyntaxTree tree, WovenEdits? edits, CancellationToken cancellation)
    {
        var image = new MemoryStream();
        var symbols = new MemoryStream();
        var result = compilation.Emit(image, symbols, options: new EmitOptions(debugInformationFormat: DebugInformationFormat.PortablePdb), cancellationToken: cancellation);
        Check(result.Diagnostics, compilation);
        image.Position = symbols.Position = 0;
        var entry = compilation.GetEntryPoint(cancellation)!.ContainingType.MetadataName;
        return new CompiledPart(compilation, image, symbols, entry, HasValue(compilation, tree, cancellation), edits);
    }

    /// <summary>A text as the continuation of what has run, to be asked about and not to be run.</summary>
    public (CSharpCompilation Compilation, SyntaxTree Tree) Probe(string code)
    {
        var tree = CSharpSyntaxTree.ParseText(SourceText.From(code, Encoding.UTF8), CellDirectives.ParseOptions);
        return (CSharpCompilation.CreateScriptCompilation("Probe", tree, AllReferences(), _options.WithScriptClassName("Submission#Probe"), _previous, returnType: typeof(object)), tree);
    }

    IEnumerable<MetadataReference> AllReferences() => FrameworkReferences.Value.Concat(_references);

    /// <summary>Makes a compiled part what the next one continues.</summary>
    public void Accept(CompiledPart part) => _previous = part.Compilation;

    static void Check(IReadOnlyCollection<Diagnostic> diagnostics, CSharpCompilation compilation)
    {
        var errors = diagnostics.Where(diagnostic => diagnostic.Severity == DiagnosticSeverity.Error).ToArray();
        if (errors.Length > 0) throw new CompilationFailure(errors, compilation);
    }

    /// <summary>Whether the code ends in an expression without a semicolon (or returns something), which is then its value.</summary>
    static bool HasValue(CSharpCompilation compilation, SyntaxTree tree, CancellationToken cancellation)
    {
        var statements = tree.GetCompilationUnitRoot(cancellation).Members.OfType<GlobalStatementSyntax>().ToArray();
        if (statements.Length == 0) return false;
        if (statements[^1].Statement is ExpressionStatementSyntax { SemicolonToken.IsMissing: true } last)
            return compilation.GetSemanticModel(tree).GetTypeInfo(last.Expression, cancellation).Type?.SpecialType != SpecialType.System_Void;
        return statements.Any(s => s.DescendantNodesAndSelf(node => node is not (AnonymousFunctionExpressionSyntax or LocalFunctionStatementSyntax)).Any(node => node is ReturnStatementSyntax { Expression: not null }));
    }

    /// <summary>The shared framework and the engine: one list for all sessions of the process.</summary>
    static readonly Lazy<MetadataReference[]> FrameworkReferences = new(() =>
    {
        MetadataReference[] references = [.. NotebookLoadContext.FrameworkAssemblies.Select(path => MetadataReference.CreateFromFile(path)), EngineReference.Create()];
        // The compiler keeps the symbols that it made of a reference for the next compilation, as long as one holds them. Sessions that start at the same time would each make
        // their own, and then take each other's: 'display' of the one and of the other cell would be two. So they are made once, here, and held.
        s_symbols = CSharpCompilation.Create("symbols", references: references);
        _ = s_symbols.GlobalNamespace;
        return references;
    });

    static CSharpCompilation? s_symbols;

    /// <summary>Finds what referenced assemblies refer to in their own folders, so that a cell need not name every dependency.</summary>
    sealed class FolderResolver(ScriptCompiler owner) : MetadataReferenceResolver
    {
        readonly System.Collections.Concurrent.ConcurrentDictionary<string, PortableExecutableReference?> _found = [];

        public override bool ResolveMissingAssemblies => true;

        public override PortableExecutableReference? ResolveMissingAssembly(MetadataReference definition, AssemblyIdentity referenceIdentity)
        {
            if (_found.TryGetValue(referenceIdentity.Name, out var known)) return known;
            foreach (var folder in owner._folders)
                if (Path.Combine(folder, referenceIdentity.Name + ".dll") is var path && File.Exists(path))
                    return _found[referenceIdentity.Name] = MetadataReference.CreateFromFile(path);
            return null;
        }

        /// <summary>The reference to a file that was resolved as a dependency.</summary>
        public PortableExecutableReference? Known(string path) => _found.Values.FirstOrDefault(reference => reference?.FilePath == path);

        // #r lines are taken out of a cell before it is compiled; only a #load-ed file still has its own.
        public override ImmutableArray<PortableExecutableReference> ResolveReference(string reference, string? baseFilePath, MetadataReferenceProperties properties)
        {
            var path = Path.GetFullPath(reference, baseFilePath is null ? "/" : Path.GetDirectoryName(baseFilePath)!);
            return File.Exists(path) ? [MetadataReference.CreateFromFile(path, properties)] : [];
        }

        public override bool Equals(object? other) => ReferenceEquals(this, other);

        public override int GetHashCode() => RuntimeHelpers.GetHashCode(this);
    }
}

/// <summary>The errors of a cell that does not compile.</summary>
sealed class CompilationFailure(IReadOnlyList<Diagnostic> errors, CSharpCompilation compilation) : Exception("compilation failed")
{
    public IReadOnlyList<Diagnostic> Errors { get; } = errors;

    public CSharpCompilation Compilation { get; } = compilation;
}
