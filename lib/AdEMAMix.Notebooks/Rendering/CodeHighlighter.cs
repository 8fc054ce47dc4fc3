// C# with its words coloured, by the compiler's own parser.
using System.Net;
using System.Text;
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;

namespace AdEMAMix.Notebooks;

/// <summary>Marks keywords, types, members, literals, comments and directives of a cell with classes that the style sheet colours.</summary>
static class CodeHighlighter
{
    /// <summary>Deeper than code that someone wrote; the parser would take many seconds over it.</summary>
    const int DepthLimit = 200;

    public static string ToHtml(string code)
    {
        if (Depth(code) > DepthLimit) return WebUtility.HtmlEncode(code);
        var html = new StringBuilder();
        foreach (var token in CSharpSyntaxTree.ParseText(code, CellDirectives.ParseOptions).GetRoot().DescendantTokens())
        {
            foreach (var trivia in token.LeadingTrivia) Append(html, trivia.ToFullString(), ClassOf(trivia));
            Append(html, token.Text, ClassOf(token));
            foreach (var trivia in token.TrailingTrivia) Append(html, trivia.ToFullString(), ClassOf(trivia));
        }
        return html.ToString();
    }

    /// <summary>How many brackets are open at once at the most, those in strings too.</summary>
    static int Depth(string code)
    {
        var (open, most) = (0, 0);
        foreach (var c in code)
        {
            if (c is '(' or '[' or '{') most = Math.Max(most, ++open);
            else if (c is ')' or ']' or '}' && open > 0) open--;
        }
        return most;
    }

    static void Append(StringBuilder html, string text, string? kind)
    {
        if (text.Length == 0) return;
        if (kind is null) html.Append(WebUtility.HtmlEncode(text));
        else html.Append("<span class=\"").Append(kind).Append("\">").Append(WebUtility.HtmlEncode(text)).Append("</span>");
    }

    static string? ClassOf(SyntaxTrivia trivia) => trivia.Kind() switch
    {
        SyntaxKind.SingleLineCommentTrivia or SyntaxKind.MultiLineCommentTrivia or SyntaxKind.SingleLineDocumentationCommentTrivia or SyntaxKind.DisabledTextTrivia => "c",
        _ when trivia.IsDirective => "d",
        _ => null,
    };

    static string? ClassOf(SyntaxToken token) => token.Kind() switch
    {
        SyntaxKind.NumericLiteralToken => "n",
        SyntaxKind.StringLiteralToken or SyntaxKind.CharacterLiteralToken or SyntaxKind.SingleLineRawStringLiteralToken or SyntaxKind.MultiLineRawStringLiteralToken or SyntaxKind.Utf8StringLiteralToken
            or SyntaxKind.InterpolatedStringStartToken or SyntaxKind.InterpolatedStringEndToken or SyntaxKind.InterpolatedStringTextToken or SyntaxKind.InterpolatedVerbatimStringStartToken
            or SyntaxKind.InterpolatedSingleLineRawStringStartToken or SyntaxKind.InterpolatedMultiLineRawStringStartToken or SyntaxKind.InterpolatedRawStringEndToken => "s",
        SyntaxKind.IdentifierToken => ClassOfName(token),
        _ when token.IsKeyword() => "k",
        _ => null,
    };

    // Without binding, a name's place in the syntax tells what it is, as far as a reader's eye needs.
    static string? ClassOfName(SyntaxToken token) => token.Parent switch
    {
        IdentifierNameSyntax { IsVar: true } => "k",
        IdentifierNameSyntax { Identifier.Text: "nameof" } => "k",
        BaseTypeDeclarationSyntax or GenericNameSyntax { Parent: not InvocationExpressionSyntax and not MemberAccessExpressionSyntax } => "t",
        MethodDeclarationSyntax or LocalFunctionStatementSyntax => "m",
        SimpleNameSyntax name => name.Parent switch
        {
            InvocationExpressionSyntax call when call.Expression == name => "m",
            MemberAccessExpressionSyntax { Parent: InvocationExpressionSyntax call } access when access.Name == name && call.Expression == access => "m",
            ObjectCreationExpressionSyntax or VariableDeclarationSyntax or ParameterSyntax or ArrayTypeSyntax or NullableTypeSyntax or TypeArgumentListSyntax or CastExpressionSyntax
                or SimpleBaseTypeSyntax or DeclarationPatternSyntax or TypeOfExpressionSyntax or CatchDeclarationSyntax or ForEachStatementSyntax { } => IsType(name) ? "t" : null,
            MethodDeclarationSyntax method when method.ReturnType == name => "t",
            MemberAccessExpressionSyntax access when access.Expression == name && char.IsUpper(name.Identifier.Text[0]) => "t",
            _ => null,
        },
        _ => null,
    };

    static bool IsType(SimpleNameSyntax name) => name.Parent switch
    {
        ForEachStatementSyntax loop => loop.Type == name,
        CastExpressionSyntax cast => cast.Type == name,
        _ => true,
    };
}
