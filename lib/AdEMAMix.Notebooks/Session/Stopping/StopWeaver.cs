// Writes checks into the loops and functions of a cell before it is compiled.
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;

namespace AdEMAMix.Notebooks;

/// <summary>Finds where a cell can run on for ever, and what to write there: at the start of every loop's body, function and lambda, before every goto, and around the source of a query.</summary>
/// <remarks>
/// The checks are put into the text, never with a line break, so that lines stay the reader's and <see cref="WovenEdits"/> gives columns back. Left as they are: expression trees (data, not
/// code), finalizers (an exception there ends the process), static constructors (a stop would leave their type broken), functions that native code calls, and what only throws.
/// </remarks>
sealed class StopWeaver : CSharpSyntaxWalker
{
    const string Check = "global::AdEMAMix.Notebooks.CellStop.Check();";
    const string Each = "global::AdEMAMix.Notebooks.CellStop.Each(";

    readonly Lazy<SemanticModel> _model;
    readonly CancellationToken _cancellation;
    readonly List<WovenEdit> _opening = [];
    readonly List<WovenEdit> _closing = [];

    StopWeaver(CSharpCompilation plain, SyntaxTree tree, CancellationToken cancellation)
    {
        _model = new(() => plain.GetSemanticModel(tree));
        _cancellation = cancellation;
    }

    /// <summary>The edits that make the tree stoppable; none where it has neither loops nor functions.</summary>
    public static IReadOnlyList<WovenEdit> Find(CSharpCompilation plain, SyntaxTree tree, CancellationToken cancellation)
    {
        var weaver = new StopWeaver(plain, tree, cancellation);
        weaver.Visit(tree.GetRoot(cancellation));
        // At one place what closes comes before what opens, the inner before the outer there and after it here; the sort keeps that order.
        return [.. weaver._closing.Concat(weaver._opening).OrderBy(edit => edit.Position)];
    }

    public override void VisitForStatement(ForStatementSyntax node)
    {
        Open(node.Statement);
        base.VisitForStatement(node);
        Close(node.Statement);
    }

    public override void VisitForEachStatement(ForEachStatementSyntax node)
    {
        Open(node.Statement);
        base.VisitForEachStatement(node);
        Close(node.Statement);
    }

    public override void VisitForEachVariableStatement(ForEachVariableStatementSyntax node)
    {
        Open(node.Statement);
        base.VisitForEachVariableStatement(node);
        Close(node.Statement);
    }

    public override void VisitWhileStatement(WhileStatementSyntax node)
    {
        Open(node.Statement);
        base.VisitWhileStatement(node);
        Close(node.Statement);
    }

    public override void VisitDoStatement(DoStatementSyntax node)
    {
        Open(node.Statement);
        base.VisitDoStatement(node);
        Close(node.Statement);
    }

    public override void VisitGotoStatement(GotoStatementSyntax node)
    {
        Open(node);
        base.VisitGotoStatement(node);
        Close(node);
    }

    public override void VisitMethodDeclaration(MethodDeclarationSyntax node)
    {
        // Native code that calls in cannot be unwound.
        if (node.AttributeLists.SelectMany(list => list.Attributes).Any(attribute => attribute.Name.ToString().Contains("UnmanagedCallersOnly", StringComparison.Ordinal))) return;
        Function(node, node.Body, node.ExpressionBody, node.SemicolonToken);
    }

    public override void VisitLocalFunctionStatement(LocalFunctionStatementSyntax node) => Function(node, node.Body, node.ExpressionBody, node.SemicolonToken);

    public override void VisitOperatorDeclaration(OperatorDeclarationSyntax node) => Function(node, node.Body, node.ExpressionBody, node.SemicolonToken);

    public override void VisitConversionOperatorDeclaration(ConversionOperatorDeclarationSyntax node) => Function(node, node.Body, node.ExpressionBody, node.SemicolonToken);

    public override void VisitConstructorDeclaration(ConstructorDeclarationSyntax node)
    {
        if (node.Modifiers.Any(SyntaxKind.StaticKeyword)) DefaultVisit(node);
        else Function(node, node.Body, node.ExpressionBody, node.SemicolonToken);
    }

    public override void VisitDestructorDeclaration(DestructorDeclarationSyntax node)
    {
    }

    public override void VisitAttributeList(AttributeListSyntax node)
    {
    }

    public override void VisitSimpleLambdaExpression(SimpleLambdaExpressionSyntax node) => Lambda(node);

    public override void VisitParenthesizedLambdaExpression(ParenthesizedLambdaExpressionSyntax node) => Lambda(node);

    public override void VisitAnonymousMethodExpression(AnonymousMethodExpressionSyntax node)
    {
        Open(node.Block);
        base.VisitAnonymousMethodExpression(node);
    }

    public override void VisitFromClause(FromClauseSyntax node)
    {
        var guarded = node.Type is null && IsPlainSequence(_model.Value.GetTypeInfo(node.Expression, _cancellation).Type);
        if (guarded) _opening.Add(new(node.Expression.SpanStart, 0, Each));
        base.VisitFromClause(node);
        if (guarded) _closing.Add(new(node.Expression.Span.End, 0, ")"));
    }

    void Lambda(LambdaExpressionSyntax node)
    {
        if (node.ExpressionBody is null)
        {
            Open(node.Block!);
            DefaultVisit(node);
            return;
        }
        if (IsExpressionTree(_model.Value.GetTypeInfo(node, _cancellation).ConvertedType)) return;
        if (node.ExpressionBody is ThrowExpressionSyntax || _model.Value.GetSymbolInfo(node, _cancellation).Symbol is not IMethodSymbol method)
        {
            DefaultVisit(node);
            return;
        }
        _opening.Add(new(node.ExpressionBody.SpanStart, 0, "{" + Check + (GivesNothing(method) ? "" : "return ")));
        DefaultVisit(node);
        _closing.Add(new(node.ExpressionBody.Span.End, 0, ";}"));
    }

    void Function(SyntaxNode node, BlockSyntax? block, ArrowExpressionClauseSyntax? arrow, SyntaxToken semicolon)
    {
        if (block is not null) Open(block);
        var converted = arrow is not null and not { Expression: ThrowExpressionSyntax } && _model.Value.GetDeclaredSymbol(node, _cancellation) is IMethodSymbol;
        if (converted)
        {
            _opening.Add(new(arrow!.ArrowToken.SpanStart, arrow.ArrowToken.Span.Length, "{" + Check));
            if (!GivesNothing((IMethodSymbol)_model.Value.GetDeclaredSymbol(node, _cancellation)!)) _opening.Add(new(arrow.Expression.SpanStart, 0, "return "));
        }
        DefaultVisit(node);
        if (converted) _closing.Add(new(semicolon.Span.End, 0, "}"));
    }

    void Open(StatementSyntax body) =>
        _opening.Add(body is BlockSyntax block ? new(block.OpenBraceToken.Span.End, 0, Check) : new(body.SpanStart, 0, "{" + Check));

    void Close(StatementSyntax body)
    {
        if (body is not BlockSyntax) _closing.Add(new(body.Span.End, 0, "}"));
    }

    static bool GivesNothing(IMethodSymbol method) =>
        method.ReturnsVoid || method.MethodKind == MethodKind.Constructor || (method.IsAsync && method.ReturnType is INamedTypeSymbol { Arity: 0 });

    static bool IsExpressionTree(ITypeSymbol? type) =>
        type is INamedTypeSymbol { Name: "Expression" or "LambdaExpression" } named && named.ContainingNamespace?.ToDisplayString() == "System.Linq.Expressions";

    /// <summary>Whether a query over this type goes through IEnumerable and nothing of its own.</summary>
    static bool IsPlainSequence(ITypeSymbol? type)
    {
        if (type is not (INamedTypeSymbol or IArrayTypeSymbol { Rank: 1 }) || type is IErrorTypeSymbol) return false;
        var contracts = type.AllInterfaces.Append(type as INamedTypeSymbol).OfType<INamedTypeSymbol>().ToArray();
        if (contracts.Count(contract => contract.OriginalDefinition.SpecialType == SpecialType.System_Collections_Generic_IEnumerable_T) != 1) return false;
        if (contracts.Any(contract => contract.Name is "IQueryable" or "ParallelQuery")) return false;
        for (var t = type; t is not null; t = t.BaseType)
            if (t.Name == "ParallelQuery" || t.GetMembers().Any(member => member.Name is "Select" or "Where" or "SelectMany" or "GroupBy" or "OrderBy" or "Join")) return false;
        return true;
    }
}

/// <summary>One change of a cell's text, at a position of the text as it was.</summary>
readonly record struct WovenEdit(int Position, int Deleted, string Inserted);

/// <summary>Gives columns of a woven text back as columns of the reader's.</summary>
sealed class WovenEdits
{
    readonly Dictionary<int, List<(int Column, int Deleted, int Inserted)>> _lines = [];

    public WovenEdits(SourceText text, IReadOnlyList<WovenEdit> edits)
    {
        foreach (var edit in edits)
        {
            var place = text.Lines.GetLinePosition(edit.Position);
            if (!_lines.TryGetValue(place.Line, out var line)) _lines[place.Line] = line = [];
            line.Add((place.Character, edit.Deleted, edit.Inserted.Length));
        }
    }

    /// <summary>The changed text.</summary>
    public static SourceText Apply(SourceText text, IReadOnlyList<WovenEdit> edits) => text.WithChanges(edits.Select(edit => new TextChange(new TextSpan(edit.Position, edit.Deleted), edit.Inserted)));

    /// <summary>The column of the reader's text; lines and columns count from 0. What was written in is taken for the place where it was.</summary>
    public int Column(int line, int column)
    {
        if (!_lines.TryGetValue(line, out var edits)) return column;
        var shift = 0;
        foreach (var (at, deleted, inserted) in edits)
        {
            if (column < at + shift) break;
            if (column < at + shift + inserted) return at;
            shift += inserted - deleted;
        }
        return column - shift;
    }
}
