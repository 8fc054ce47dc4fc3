// The cell tagged "parameters": typed declarations with a default, one of which a command can replace by name.
using System.Globalization;
using System.Text.Json;
using Microsoft.CodeAnalysis.CSharp;
using Microsoft.CodeAnalysis.CSharp.Syntax;
using Microsoft.CodeAnalysis.Text;

namespace AdEMAMix.Notebooks;

/// <summary>One parameter of a notebook.</summary>
/// <param name="Name">The variable.</param>
/// <param name="Type">Its type as C# writes it, also where it is declared with <c>var</c>; null where a value cannot be given on a command line.</param>
/// <param name="Value">The expression it has in the cell.</param>
public sealed record NotebookParameter(string Name, string? Type, string Value);

/// <summary>Reads and changes the parameters of a notebook as papermill does: by the cell's tag, checked against the declared types.</summary>
public sealed class ParameterCell
{
    static readonly string[] Scalars = ["int", "long", "float", "double", "decimal", "bool", "string"];

    readonly NotebookCell? _cell;
    readonly string _file;

    ParameterCell(NotebookCell? cell, string file)
    {
        _cell = cell;
        _file = file;
    }

    /// <summary>The first code cell that is tagged <c>parameters</c>; a document without one has no parameters.</summary>
    public static ParameterCell Find(NotebookDocument document)
    {
        ArgumentNullException.ThrowIfNull(document);
        return new ParameterCell(document.Cells.FirstOrDefault(cell => cell.Kind == CellKind.Code && cell.Tags.Contains("parameters")), document.Path is null ? "the notebook" : $"'{Path.GetFileName(document.Path)}'");
    }

    /// <summary>The parameters in the order in which they are declared.</summary>
    public IReadOnlyList<NotebookParameter> Parameters => [.. Declarations().Select(declared => new NotebookParameter(declared.Name, declared.Type, declared.Initializer.ToString()))];

    /// <summary>Writes values into the cell; all or none.</summary>
    /// <exception cref="ParameterException">A name is unknown, or a value is not of the declared type.</exception>
    public void Set(IReadOnlyDictionary<string, string> values)
    {
        ArgumentNullException.ThrowIfNull(values);
        if (values.Count == 0) return;
        if (_cell is null) throw new ParameterException($"The parameter '{values.Keys.First()}' cannot be set because {_file} has no cell tagged 'parameters': tag one, or leave the parameter out.");
        var declarations = Declarations();
        var changes = new List<TextChange>();
        foreach (var (name, value) in values)
        {
            var declared = declarations.Find(d => d.Name == name)
                ?? throw new ParameterException($"The parameter '{name}' is unknown: {_file} has {Listed(declarations)}.");
            if (declared.Type is null)
                throw new ParameterException($"The parameter '{name}' has a type that no command can give a value for: change it in the notebook ({_file} also has {Listed([.. declarations.Where(d => d.Type is not null)])}).");
            var literal = Literal(declared, value)
                ?? throw new ParameterException($"The value '{value}' is not {Article(declared.Type)} as the parameter '{name}' needs: {_file} has {Listed(declarations)}.");
            changes.Add(new TextChange(declared.Initializer.Span, literal));
        }
        _cell.Source = SourceText.From(_cell.Source).WithChanges(changes.OrderBy(change => change.Span.Start)).ToString();
    }

    static string Listed(List<Declaration> declarations) => declarations.Count == 0 ? "none" : string.Join(", ", declarations.Select(d => d.Type is null ? d.Name : $"{d.Name} ({d.Type})"));

    static string Article(string type) => type.EndsWith("[]", StringComparison.Ordinal) ? $"a list of {type[..^2]} (1,2,3)" : type switch
    {
        "int" or "long" => $"a whole number ({type})",
        "bool" => "true or false",
        "string" => "a text",
        _ => $"a number ({type})",
    };

    List<Declaration> Declarations()
    {
        var found = new List<Declaration>();
        if (_cell is null) return found;
        foreach (var field in CSharpSyntaxTree.ParseText(_cell.Source, CellDirectives.ParseOptions).GetCompilationUnitRoot().Members.OfType<FieldDeclarationSyntax>())
            foreach (var variable in field.Declaration.Variables)
                if (variable.Initializer is { Value: var initializer }) found.Add(new Declaration(variable.Identifier.ValueText, TypeOf(field.Declaration.Type, initializer), field.Declaration.Type.IsVar, initializer));
        return found;
    }

    static string? TypeOf(TypeSyntax declared, ExpressionSyntax initializer)
    {
        var name = declared.IsVar ? Inferred(initializer) : declared.ToString().Replace(" ", "", StringComparison.Ordinal);
        var core = name?.TrimEnd('?');
        core = core?.EndsWith("[]", StringComparison.Ordinal) == true ? core[..^2] : core;
        return core is not null && Scalars.Contains(core) ? name : null;
    }

    static string? Inferred(ExpressionSyntax value) => value switch
    {
        PrefixUnaryExpressionSyntax { RawKind: (int)SyntaxKind.UnaryMinusExpression } minus => Inferred(minus.Operand),
        LiteralExpressionSyntax literal => literal.Token.Value switch
        {
            int => "int",
            long => "long",
            float => "float",
            double => "double",
            decimal => "decimal",
            bool => "bool",
            string => "string",
            _ => null,
        },
        ImplicitArrayCreationExpressionSyntax { Initializer.Expressions: { Count: > 0 } items } when Inferred(items[0]) is { } item => item + "[]",
        ArrayCreationExpressionSyntax array => array.Type.ToString().Replace(" ", "", StringComparison.Ordinal),
        _ => null,
    };

    /// <summary>The C# text of a value given on a command line, or null where it is not of the type.</summary>
    static string? Literal(Declaration declared, string value)
    {
        var type = declared.Type!;
        if (type.EndsWith('?'))
        {
            if (value == "null") return "null";
            type = type[..^1];
        }
        if (!type.EndsWith("[]", StringComparison.Ordinal)) return Scalar(type, value);
        if (Items(value) is not { } items) return null;
        var literals = items.Select(item => Scalar(type[..^2], item)).ToArray();
        if (literals.Contains(null)) return null;
        // A collection expression has no type of its own for var.
        return declared.IsVar ? $"new {type} {{ {string.Join(", ", literals)} }}" : $"[{string.Join(", ", literals)}]";
    }

    /// <summary>1,2,3 or [1, 2, 3] or ["a", "b"].</summary>
    static string[]? Items(string value)
    {
        var text = value.Trim();
        if (text.StartsWith('['))
        {
            try
            {
                using var json = JsonDocument.Parse(text);
                return [.. json.RootElement.EnumerateArray().Select(item => item.ToString())];
            }
            catch (JsonException)
            {
                if (!text.EndsWith(']')) return null;
                text = text[1..^1];
            }
        }
        return string.IsNullOrWhiteSpace(text) ? [] : text.Split(',', StringSplitOptions.TrimEntries);
    }

    static string? Scalar(string type, string value)
    {
        var plain = value.Trim().Replace("_", "", StringComparison.Ordinal);
        var invariant = CultureInfo.InvariantCulture;
        const NumberStyles real = NumberStyles.Float;
        return type switch
        {
            "int" => int.TryParse(plain, NumberStyles.AllowLeadingSign, invariant, out var n) ? n.ToString(invariant) : null,
            "long" => long.TryParse(plain, NumberStyles.AllowLeadingSign, invariant, out var n) ? n.ToString(invariant) + "L" : null,
            "double" => double.TryParse(plain, real, invariant, out var x) && double.IsFinite(x) ? Real(plain) : null,
            "float" => float.TryParse(plain, real, invariant, out var x) && float.IsFinite(x) ? Real(plain) + "f" : null,
            "decimal" => decimal.TryParse(plain, real, invariant, out var x) ? x.ToString(invariant) + "m" : null,
            "bool" => bool.TryParse(plain, out var flag) ? (flag ? "true" : "false") : null,
            "string" => SymbolDisplay.FormatLiteral(value, quote: true),
            _ => null,
        };
    }

    /// <summary>The number as it was typed, made a C# literal that is a double: 3 becomes 3.0, .5 becomes 0.5.</summary>
    static string Real(string typed)
    {
        var text = typed.TrimStart('+').Replace("-.", "-0.", StringComparison.Ordinal);
        if (text.StartsWith('.')) text = "0" + text;
        if (text.EndsWith('.')) text += "0";
        text = text.Replace(".e", ".0e", StringComparison.Ordinal).Replace(".E", ".0E", StringComparison.Ordinal);
        return text.AsSpan().IndexOfAny(".eE") < 0 ? text + ".0" : text;
    }

    sealed record Declaration(string Name, string? Type, bool IsVar, ExpressionSyntax Initializer);
}
