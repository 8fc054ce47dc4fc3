// Signature and documentation of the name at a place in a cell.
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;
using System.Xml.Linq;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace AdEMAMix.Notebooks;

/// <summary>Says what a name stands for.</summary>
static partial class CodeInspection
{
    static readonly SymbolDisplayFormat Format = SymbolDisplayFormat.MinimallyQualifiedFormat
        .WithMemberOptions(SymbolDisplayFormat.MinimallyQualifiedFormat.MemberOptions | SymbolDisplayMemberOptions.IncludeModifiers | SymbolDisplayMemberOptions.IncludeConstantValue)
        .WithParameterOptions(SymbolDisplayFormat.MinimallyQualifiedFormat.ParameterOptions | SymbolDisplayParameterOptions.IncludeDefaultValue | SymbolDisplayParameterOptions.IncludeName)
        .WithKindOptions(SymbolDisplayKindOptions.IncludeTypeKeyword | SymbolDisplayKindOptions.IncludeNamespaceKeyword)
        .WithLocalOptions(SymbolDisplayLocalOptions.IncludeType | SymbolDisplayLocalOptions.IncludeConstantValue);

    public static Inspection? At(CSharpCompilation compilation, SyntaxTree tree, int position, Documentation documentation, CancellationToken cancellation)
    {
        var model = compilation.GetSemanticModel(tree);
        var root = tree.GetCompilationUnitRoot(cancellation);
        var (symbol, more) = Find(model, root, position, cancellation);
        if (symbol is null) return null;
        var signature = symbol.ToDisplayString(Format);
        if (symbol is ILocalSymbol or IFieldSymbol { ContainingType.IsScriptClass: true }) signature = "(variable) " + Variable(symbol);
        else if (symbol is IParameterSymbol) signature = "(parameter) " + signature;
        if (more > 0) signature += string.Create(CultureInfo.InvariantCulture, $" (+ {more} overload{(more > 1 ? "s" : "")})");
        return Write(signature, documentation.Of(symbol, compilation, cancellation));
    }

    static string Variable(ISymbol symbol) => symbol is ILocalSymbol local
        ? $"{local.Type.ToDisplayString(SymbolDisplayFormat.MinimallyQualifiedFormat)} {local.Name}"
        : $"{((IFieldSymbol)symbol).Type.ToDisplayString(SymbolDisplayFormat.MinimallyQualifiedFormat)} {symbol.Name}";

    static (ISymbol? Symbol, int More) Find(SemanticModel model, CompilationUnitSyntax root, int position, CancellationToken cancellation)
    {
        var token = root.FindToken(Math.Min(position, Math.Max(0, root.FullSpan.End - 1)));
        if (!IsName(token) || position < token.SpanStart || position > token.Span.End) token = position > 0 ? root.FindToken(position - 1) : token;
        if (IsName(token) && token.SpanStart <= position && position <= token.Span.End && token.Parent is { } node && Symbol(model, node, cancellation) is { Symbol: not null } found) return found;
        // Behind an opening bracket, or between its arguments: the method that is being called.
        for (var parent = token.Parent; parent is not null and not StatementSyntax; parent = parent.Parent)
            if (parent is ArgumentListSyntax { Parent: { } call }) return Symbol(model, call, cancellation);
        return default;
    }

    static bool IsName(SyntaxToken token) => token.IsKind(SyntaxKind.IdentifierToken) || SyntaxFacts.IsPredefinedType(token.Kind()) || token.Kind() is SyntaxKind.NewKeyword or SyntaxKind.ThisKeyword or SyntaxKind.BaseKeyword;

    static (ISymbol? Symbol, int More) Symbol(SemanticModel model, SyntaxNode node, CancellationToken cancellation)
    {
        if (node is IdentifierNameSyntax or GenericNameSyntax && node.Parent is ObjectCreationExpressionSyntax creation && creation.Type == node) node = creation;
        if (model.GetDeclaredSymbol(node, cancellation) is { } declared) return (declared, 0);
        var info = model.GetSymbolInfo(node, cancellation);
        var symbol = info.Symbol ?? info.CandidateSymbols.FirstOrDefault() ?? (node is ExpressionSyntax ? model.GetTypeInfo(node, cancellation).Type : null);
        var group = node is ExpressionSyntax expression ? model.GetMemberGroup(expression, cancellation) : [];
        if (node is InvocationExpressionSyntax { Expression: var called })
        {
            group = model.GetMemberGroup(called, cancellation);
            symbol ??= group.FirstOrDefault();
        }
        if (symbol is IAliasSymbol alias) symbol = alias.Target;
        if (symbol is IErrorTypeSymbol) return default;
        return (symbol, symbol is IMethodSymbol method ? Math.Max(0, Math.Max(group.Length, method.MethodKind == MethodKind.Constructor ? method.ContainingType.InstanceConstructors.Length : 0) - 1) : 0);
    }

    static Inspection Write(string signature, XElement? documentation)
    {
        var (plain, markdown) = (new StringBuilder(signature), new StringBuilder($"```csharp\n{signature}\n```"));
        if (documentation is null) return new Inspection(plain.ToString(), markdown.ToString());
        Section(null, documentation.Element("summary"));
        Section(null, documentation.Element("remarks"));
        Named("Parameters", "param");
        Named("Type parameters", "typeparam");
        Section("Returns", documentation.Element("returns"));
        Section("Value", documentation.Element("value"));
        Named("Throws", "exception", "cref");
        return new Inspection(plain.ToString(), markdown.ToString());

        void Section(string? title, XElement? element)
        {
            if (element is null || Prose(element, code: false) is not { Length: > 0 } text) return;
            plain.Append("\n\n").Append(title is null ? "" : title + ": ").Append(text);
            markdown.Append("\n\n").Append(title is null ? "" : $"**{title}:** ").Append(Prose(element, code: true));
        }

        void Named(string title, string element, string attribute = "name")
        {
            var entries = documentation.Elements(element).ToArray();
            if (entries.Length == 0) return;
            plain.Append(CultureInfo.InvariantCulture, $"\n\n{title}:");
            markdown.Append(CultureInfo.InvariantCulture, $"\n\n**{title}:**\n");
            foreach (var entry in entries)
            {
                var name = ShortName((string?)entry.Attribute(attribute) ?? "");
                plain.Append(CultureInfo.InvariantCulture, $"\n  {name}: {Prose(entry, code: false)}");
                markdown.Append(CultureInfo.InvariantCulture, $"\n- `{name}`: {Prose(entry, code: true)}");
            }
        }
    }

    /// <summary>The text of a documentation element, one line per paragraph.</summary>
    static string Prose(XElement element, bool code)
    {
        var text = new StringBuilder();
        foreach (var node in element.Nodes())
        {
            switch (node)
            {
                case XText words:
                    text.Append(WhiteSpace().Replace(words.Value, " "));
                    break;
                case XElement { Name.LocalName: "see" or "seealso" or "paramref" or "typeparamref" } reference:
                    var name = ShortName((string?)reference.Attribute("cref") ?? (string?)reference.Attribute("name") ?? (string?)reference.Attribute("langword") ?? (string?)reference.Attribute("href") ?? "");
                    if (reference.Value.Length > 0) name = reference.Value;
                    text.Append(code ? $"`{name}`" : name);
                    break;
                case XElement { Name.LocalName: "c" } inline:
                    text.Append(code ? $"`{inline.Value}`" : inline.Value);
                    break;
                case XElement { Name.LocalName: "code" } block:
                    text.Append(code ? $"\n```csharp\n{block.Value.Trim('\n', ' ')}\n```\n" : $"\n{block.Value.Trim('\n', ' ')}\n");
                    break;
                case XElement { Name.LocalName: "para" or "item" or "list" } paragraph:
                    text.Append('\n').Append(Prose(paragraph, code)).Append('\n');
                    break;
                case XElement other:
                    text.Append(Prose(other, code));
                    break;
            }
        }
        return BlankLines().Replace(text.ToString(), "\n").Trim();
    }

    /// <summary>The readable end of a documentation id: <c>M:System.Math.Max(System.Int32,System.Int32)</c> is <c>Math.Max</c>.</summary>
    static string ShortName(string id)
    {
        if (id.Length < 2 || id[1] != ':') return id;
        var name = id[2..].Split('(')[0];
        var parts = Arity().Replace(name, "").Split('.');
        return id[0] == 'T' || parts.Length < 2 ? parts[^1] : parts[^1] == "#ctor" ? parts[^2] : $"{parts[^2]}.{parts[^1]}";
    }

    [GeneratedRegex(@"\s+")]
    private static partial Regex WhiteSpace();

    [GeneratedRegex(@" *\n[ \n]*")]
    private static partial Regex BlankLines();

    [GeneratedRegex(@"`+\d+")]
    private static partial Regex Arity();
}
