// Completion from the session's own chain of compilations: the compiler that runs the cells also knows every name that a cell may use.
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace AdEMAMix.Notebooks;

/// <summary>Finds what can follow at a place in a cell.</summary>
/// <remarks>By semantic lookup and not by the completion service of Roslyn's workspaces: that one brings twelve assemblies and a composition that starts slower than a cell runs.</remarks>
static class CodeCompletion
{
    static readonly SymbolDisplayFormat Signature = SymbolDisplayFormat.MinimallyQualifiedFormat
        .WithMemberOptions(SymbolDisplayMemberOptions.IncludeParameters)
        .WithKindOptions(SymbolDisplayKindOptions.None)
        .WithLocalOptions(SymbolDisplayLocalOptions.None);

    static readonly string[] Keywords =
    [
        .. SyntaxFacts.GetReservedKeywordKinds().Select(SyntaxFacts.GetText),
        "async", "await", "dynamic", "get", "init", "nameof", "nint", "nuint", "not", "and", "or", "record", "required", "select", "set", "unmanaged", "value", "var", "when", "where", "with", "yield",
        "from", "orderby", "group", "join", "let",
    ];

    public static CompletionResult At(CSharpCompilation compilation, SyntaxTree tree, int position, CancellationToken cancellation)
    {
        var text = tree.GetText(cancellation);
        var (start, end) = (position, position);
        while (start > 0 && SyntaxFacts.IsIdentifierPartCharacter(text[start - 1])) start--;
        while (end < text.Length && SyntaxFacts.IsIdentifierPartCharacter(text[end])) end++;
        var root = tree.GetCompilationUnitRoot(cancellation);
        if (IsText(root, position) || (start < position && char.IsAsciiDigit(text[start]))) return new CompletionResult([], position, position);

        var model = compilation.GetSemanticModel(tree, ignoreAccessibility: false);
        var before = root.FindToken(Math.Max(0, start - 1));
        while (before.SpanStart >= start && before.GetPreviousToken() is { RawKind: not 0 } earlier) before = earlier;
        var items = new List<CompletionItem>();
        if (before.Kind() is SyntaxKind.DotToken or SyntaxKind.MinusGreaterThanToken or SyntaxKind.ColonColonToken && before.Span.End <= start)
        {
            items.AddRange(Items(Members(model, before, start, cancellation)));
        }
        else
        {
            if (Created(model, before, cancellation) is { } created)
                items.AddRange(Items(model.LookupSymbols(start, created).Where(symbol => !symbol.IsStatic && symbol is IPropertySymbol { IsReadOnly: false } or IFieldSymbol { IsReadOnly: false })));
            items.AddRange(ArgumentNames(model, before, cancellation));
            items.AddRange(Items(model.LookupSymbols(start)));
            items.AddRange(Keywords.Select(word => new CompletionItem(word, word, "keyword")));
        }
        var written = text.ToString(new(start, position - start));
        return new CompletionResult(Order(items, written), start, end);
    }

    /// <summary>What starts with the written letters, the same case first; one entry per text.</summary>
    public static IReadOnlyList<CompletionItem> Order(IEnumerable<CompletionItem> items, string written) =>
    [
        .. items.Where(item => item.Text.StartsWith(written, StringComparison.OrdinalIgnoreCase)).DistinctBy(item => item.Text)
            .OrderBy(item => item.Text.StartsWith(written, StringComparison.Ordinal) ? 0 : 1)
            .ThenBy(item => Rank(item.Kind)).ThenBy(item => item.Text, StringComparer.OrdinalIgnoreCase).ThenBy(item => item.Text, StringComparer.Ordinal),
    ];

    // What the reader named is likelier than what the framework has.
    static int Rank(string kind) => kind switch
    {
        "variable" or "parameter" => 0,
        "property" or "method" or "field" or "constant" or "event" => 1,
        "keyword" => 2,
        "namespace" => 4,
        _ => 3,
    };

    static bool IsText(CompilationUnitSyntax root, int position)
    {
        if (position == 0) return false;
        var trivia = root.FindTrivia(position - 1);
        if (trivia.Kind() is SyntaxKind.SingleLineCommentTrivia or SyntaxKind.SingleLineDocumentationCommentTrivia or SyntaxKind.MultiLineCommentTrivia or SyntaxKind.MultiLineDocumentationCommentTrivia
            && (trivia.Span.End > position || (trivia.Span.End == position && trivia.IsKind(SyntaxKind.SingleLineCommentTrivia)))) return true;
        var token = root.FindToken(position - 1);
        return token.Kind() is SyntaxKind.StringLiteralToken or SyntaxKind.SingleLineRawStringLiteralToken or SyntaxKind.MultiLineRawStringLiteralToken or SyntaxKind.CharacterLiteralToken
                or SyntaxKind.InterpolatedStringTextToken or SyntaxKind.Utf8StringLiteralToken or SyntaxKind.InterpolatedStringStartToken
            && token.SpanStart < position && (position < token.Span.End || token.IsKind(SyntaxKind.InterpolatedStringTextToken) || token.IsKind(SyntaxKind.InterpolatedStringStartToken) || token.ContainsDiagnostics);
    }

    static IEnumerable<ISymbol> Members(SemanticModel model, SyntaxToken dot, int position, CancellationToken cancellation)
    {
        var left = dot.Parent switch
        {
            MemberAccessExpressionSyntax access => access.Expression,
            QualifiedNameSyntax qualified => qualified.Left,
            AliasQualifiedNameSyntax alias => alias.Alias,
            MemberBindingExpressionSyntax { Parent: var parent } => parent?.FirstAncestorOrSelf<ConditionalAccessExpressionSyntax>()?.Expression,
            ConditionalAccessExpressionSyntax conditional => conditional.Expression,
            _ => null,
        };
        if (left is null) return [];
        var symbol = model.GetSymbolInfo(left, cancellation).Symbol ?? model.GetAliasInfo(left, cancellation)?.Target;
        if (symbol is IAliasSymbol { Target: var target }) symbol = target;
        if (symbol is INamespaceSymbol space) return model.LookupNamespacesAndTypes(position, space);
        if (symbol is ITypeSymbol named) return model.LookupStaticMembers(position, named);
        var type = model.GetTypeInfo(left, cancellation).Type ?? (symbol as ILocalSymbol)?.Type ?? (symbol as IFieldSymbol)?.Type;
        if (type is IPointerTypeSymbol pointer && dot.IsKind(SyntaxKind.MinusGreaterThanToken)) type = pointer.PointedAtType;
        if (type is null or IErrorTypeSymbol) return [];
        if (dot.Parent is MemberBindingExpressionSyntax or ConditionalAccessExpressionSyntax && type is INamedTypeSymbol { OriginalDefinition.SpecialType: SpecialType.System_Nullable_T } nullable)
            type = nullable.TypeArguments[0];
        return model.LookupSymbols(position, type, includeReducedExtensionMethods: true)
            .Where(member => !member.IsStatic || member is IMethodSymbol { ReducedFrom: not null }).Where(member => member is not ITypeSymbol);
    }

    /// <summary>The type whose object initializer this place is in, where a member's name can stand.</summary>
    static ITypeSymbol? Created(SemanticModel model, SyntaxToken before, CancellationToken cancellation) =>
        before.Parent is InitializerExpressionSyntax { RawKind: (int)SyntaxKind.ObjectInitializerExpression or (int)SyntaxKind.CollectionInitializerExpression or (int)SyntaxKind.WithInitializerExpression, Parent: ExpressionSyntax creation }
            && before.Kind() is SyntaxKind.OpenBraceToken or SyntaxKind.CommaToken
            ? model.GetTypeInfo(creation, cancellation).Type ?? model.GetTypeInfo(creation, cancellation).ConvertedType
            : null;

    static IEnumerable<CompletionItem> ArgumentNames(SemanticModel model, SyntaxToken before, CancellationToken cancellation)
    {
        if (before.Kind() is not (SyntaxKind.OpenParenToken or SyntaxKind.CommaToken) || before.Parent is not ArgumentListSyntax { Parent: { } call }) return [];
        var info = model.GetSymbolInfo(call, cancellation);
        var methods = info.Symbol is { } one ? [one] : info.CandidateSymbols.AsEnumerable();
        if (info.Symbol is null && call is InvocationExpressionSyntax invocation) methods = methods.Concat(model.GetMemberGroup(invocation.Expression, cancellation));
        return methods.OfType<IMethodSymbol>().SelectMany(method => method.Parameters)
            .Select(parameter => new CompletionItem(parameter.Name + ":", $"{parameter.Name}: {parameter.Type.ToDisplayString(SymbolDisplayFormat.MinimallyQualifiedFormat)}", "parameter"));
    }

    static IEnumerable<CompletionItem> Items(IEnumerable<ISymbol> symbols)
    {
        foreach (var same in symbols.Where(IsNameable).GroupBy(symbol => symbol.Name))
        {
            var (symbol, count) = (same.First(), same.Count());
            var display = symbol switch
            {
                IMethodSymbol => symbol.ToDisplayString(Signature) + (count > 1 ? string.Create(System.Globalization.CultureInfo.InvariantCulture, $" (+{count - 1})") : ""),
                INamedTypeSymbol { Arity: > 0 } => symbol.ToDisplayString(SymbolDisplayFormat.MinimallyQualifiedFormat),
                _ => symbol.Name,
            };
            yield return new CompletionItem(symbol.Name, display, Kind(symbol));
        }
    }

    static bool IsNameable(ISymbol symbol) =>
        symbol.CanBeReferencedByName && SyntaxFacts.IsValidIdentifier(symbol.Name) && !symbol.Name.StartsWith("Submission#", StringComparison.Ordinal)
        && symbol is not IMethodSymbol { MethodKind: MethodKind.Constructor or MethodKind.Destructor or MethodKind.PropertyGet or MethodKind.PropertySet }
        && !symbol.GetAttributes().Any(a => a.AttributeClass?.Name == "EditorBrowsableAttribute" && a.ConstructorArguments is [{ Value: (int)System.ComponentModel.EditorBrowsableState.Never }]);

    static string Kind(ISymbol symbol) => symbol switch
    {
        IAliasSymbol alias => Kind(alias.Target),
        INamespaceSymbol => "namespace",
        ITypeSymbol type => type.TypeKind switch
        {
            TypeKind.Struct => "struct",
            TypeKind.Interface => "interface",
            TypeKind.Enum => "enum",
            TypeKind.Delegate => "delegate",
            _ => "class",
        },
        IMethodSymbol => "method",
        IPropertySymbol => "property",
        IEventSymbol => "event",
        IFieldSymbol { IsConst: true } => "constant",
        // A variable of an earlier cell is a field of its submission.
        IFieldSymbol field => field.ContainingType?.IsScriptClass == true ? "variable" : "field",
        IParameterSymbol => "parameter",
        ILabelSymbol => "label",
        _ => "variable",
    };
}
