// XML documentation: of cells from their own comments, of libraries from the file beside the assembly, of the framework from the SDK's reference pack.
using System.Collections.Concurrent;
using System.Text;
using System.Xml;
using System.Xml.Linq;
using Microsoft.CodeAnalysis;

namespace AdEMAMix.Notebooks;

/// <summary>Looks documentation up by the compiler's id of a symbol.</summary>
sealed class Documentation
{
    // The framework's implementation assemblies have no documentation beside them, and one of them holds what several reference assemblies describe.
    static readonly Lazy<string[]> FrameworkFiles = new(FindFrameworkFiles);
    static readonly ConcurrentDictionary<string, XElement?> FrameworkEntries = new(StringComparer.Ordinal);

    readonly ConcurrentDictionary<string, Dictionary<string, XElement>> _files = new(StringComparer.Ordinal);

    /// <summary>The documentation of a symbol of a compilation; null where there is none.</summary>
    public XElement? Of(ISymbol symbol, Compilation compilation, CancellationToken cancellation) => Of(symbol, compilation, 0, cancellation);

    XElement? Of(ISymbol symbol, Compilation compilation, int depth, CancellationToken cancellation)
    {
        if (symbol is IParameterSymbol { ContainingSymbol: IMethodSymbol owner })
            return Of(owner, compilation, depth, cancellation)?.Elements("param").FirstOrDefault(p => (string?)p.Attribute("name") == symbol.Name) is { } text ? new XElement("member", new XElement("summary", text.Nodes())) : null;
        symbol = symbol is IMethodSymbol { ReducedFrom: { } full } ? full.OriginalDefinition : symbol.OriginalDefinition;
        var entry = symbol.Locations.Any(location => location.IsInSource) ? Parse(symbol.GetDocumentationCommentXml(cancellationToken: cancellation)) : FromFile(symbol, compilation);
        if (depth > 4 || entry is not null && entry.Element("inheritdoc") is null) return entry;
        return Inherited(symbol).Select(from => Of(from, compilation, depth + 1, cancellation)).FirstOrDefault(found => found is not null) ?? entry;
    }

    static IEnumerable<ISymbol> Inherited(ISymbol symbol)
    {
        if (symbol is INamedTypeSymbol type) return type.BaseType is { SpecialType: not SpecialType.System_Object } parent ? [parent, .. type.Interfaces] : type.Interfaces;
        var overridden = symbol switch { IMethodSymbol m => m.OverriddenMethod, IPropertySymbol p => p.OverriddenProperty, IEventSymbol e => (ISymbol?)e.OverriddenEvent, _ => null };
        var contracts = symbol.ContainingType?.AllInterfaces.SelectMany(i => i.GetMembers(symbol.Name)).Where(member => SymbolEqualityComparer.Default.Equals(symbol.ContainingType.FindImplementationForInterfaceMember(member), symbol)) ?? [];
        return overridden is null ? contracts : contracts.Prepend(overridden);
    }

    XElement? FromFile(ISymbol symbol, Compilation compilation)
    {
        if (symbol.GetDocumentationCommentId() is not { } id || symbol.ContainingAssembly is not { } assembly) return null;
        if (compilation.GetMetadataReference(assembly) is not PortableExecutableReference { FilePath: { } path }) return null;
        return NotebookLoadContext.IsFramework(path) ? FrameworkEntries.GetOrAdd(id, FromFramework) : _files.GetOrAdd(Path.ChangeExtension(path, ".xml"), Read).GetValueOrDefault(id);
    }

    static Dictionary<string, XElement> Read(string file)
    {
        var entries = new Dictionary<string, XElement>(StringComparer.Ordinal);
        if (!File.Exists(file)) return entries;
        try
        {
            foreach (var member in XDocument.Load(file).Descendants("member"))
                if ((string?)member.Attribute("name") is { } name) entries.TryAdd(name, member);
        }
        catch (Exception e) when (e is XmlException or IOException or UnauthorizedAccessException)
        {
            // A library with broken documentation is a library without.
        }
        return entries;
    }

    // The pack's files hold tens of thousands of entries; the one that is asked for is cut out of the text.
    static XElement? FromFramework(string id)
    {
        var start = Encoding.UTF8.GetBytes($"<member name=\"{id.Replace("&", "&amp;", StringComparison.Ordinal)}\">");
        foreach (var file in FrameworkFiles.Value)
        {
            var bytes = File.ReadAllBytes(file).AsSpan();
            var from = bytes.IndexOf(start);
            if (from < 0) continue;
            var length = bytes[from..].IndexOf("</member>"u8);
            return length < 0 ? null : Parse(Encoding.UTF8.GetString(bytes.Slice(from, length + "</member>".Length)));
        }
        return null;
    }

    static string[] FindFrameworkFiles()
    {
        var framework = Path.GetDirectoryName(typeof(object).Assembly.Location)!;
        var packs = Path.GetFullPath("../../../packs/Microsoft.NETCore.App.Ref", framework);
        if (!Directory.Exists(packs)) return [];
        var version = Environment.Version;
        var folder = Directory.EnumerateDirectories(packs).Select(pack => Path.Combine(pack, "ref", $"net{version.Major}.{version.Minor}")).Where(Directory.Exists).Order(StringComparer.Ordinal).LastOrDefault();
        // The largest describe what cells use most.
        return folder is null ? [] : [.. Directory.EnumerateFiles(folder, "*.xml").OrderByDescending(file => new FileInfo(file).Length)];
    }

    static XElement? Parse(string? xml)
    {
        if (string.IsNullOrWhiteSpace(xml)) return null;
        try
        {
            var parsed = XElement.Parse(xml.TrimStart().StartsWith("<member", StringComparison.Ordinal) || xml.TrimStart().StartsWith("<doc", StringComparison.Ordinal) ? xml : $"<member>{xml}</member>");
            return parsed.Name.LocalName == "doc" ? parsed.Element("member") ?? parsed : parsed;
        }
        catch (XmlException)
        {
            return null;
        }
    }
}
