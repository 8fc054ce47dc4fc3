// Tells a console front end whether Enter should run the text or open the next line.
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace AdEMAMix.Notebooks;

static class CodeCompleteness
{
    const int IndentWidth = 4;
    const string UnterminatedRawString = "CS8997";

    public static CodeStatus Of(string code)
    {
        var tree = CSharpSyntaxTree.ParseText(CellDirectives.Blank(code), CellDirectives.ParseOptions);
        // A token that fits nowhere fits no better with more lines.
        var stray = tree.GetRoot().DescendantTrivia().Any(trivia => trivia.IsKind(SyntaxKind.SkippedTokensTrivia));
        if (!stray && (!SyntaxFactory.IsCompleteSubmission(tree) || tree.GetDiagnostics().Any(d => d.Id == UnterminatedRawString))) return new CodeStatus(Completeness.Incomplete, Indent(tree));
        return new CodeStatus(tree.GetDiagnostics().Any(d => d.Severity == DiagnosticSeverity.Error) ? Completeness.Invalid : Completeness.Complete);
    }

    static string Indent(SyntaxTree tree)
    {
        var depth = 0;
        foreach (var token in tree.GetRoot().DescendantTokens())
        {
            if (token.IsMissing) continue;
            if (token.Kind() is SyntaxKind.OpenBraceToken or SyntaxKind.OpenParenToken or SyntaxKind.OpenBracketToken) depth++;
            else if (token.Kind() is SyntaxKind.CloseBraceToken or SyntaxKind.CloseParenToken or SyntaxKind.CloseBracketToken) depth--;
        }
        return new string(' ', IndentWidth * Math.Max(0, depth));
    }
}
