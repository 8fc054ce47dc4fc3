// The kernels' text and the kinds of rows that it is compiled for.
using System.Globalization;
using System.Text;
using System.Text.RegularExpressions;

namespace AdEMAMix;

/// <summary>What one row needs compiled: a rule, and the storage of its arrays.</summary>
/// <param name="Rule">The rule's name, the same in C# and in CUDA.</param>
/// <param name="Theta">Storage of parameter and gradient.</param>
/// <param name="A">Storage of the first moment.</param>
/// <param name="B">Storage of the second moment.</param>
/// <param name="C">Storage of the third moment.</param>
readonly record struct CudaKind(string Rule, ElementFormat Theta, ElementFormat A, ElementFormat B, ElementFormat C)
{
    /// <summary>The kind of an entry.</summary>
    public static CudaKind Of(in StepEntry entry, string rule) => new(rule, entry.Theta.Format, entry.A.Format, entry.B.Format, entry.C.Format);

    /// <summary>The arguments of one line of ADEMAMIX_KINDS after its number.</summary>
    public override string ToString() => $"{Rule}, {(Theta == ElementFormat.Float64 ? "double" : "float")}, {Theta}, {A}, {B}, {C}";
}

/// <summary>ademamix.cu and what goes before it, from the assembly.</summary>
static class CudaSource
{
    /// <summary>The name in messages of the compiler.</summary>
    public const string Name = "ademamix.cu";

    static readonly string[] Files = ["tables.cu", "formats.cu", "rules.cu", "pass.cu", "scaled_pass.cu", Name];

    /// <summary>The kernels as they stand in the repository, one file after the other.</summary>
    public static string Text { get; } = string.Concat(Files.Select(Read));

    /// <summary>The rules that the kernels know.</summary>
    public static IReadOnlySet<string> Rules { get; } = Regex.Matches(Text, @"^struct (\w+Rule)$", RegexOptions.Multiline).Select(m => m.Groups[1].Value).ToHashSet();

    /// <summary>Whether the kernels know a rule; where they do not, tensor operators do the update.</summary>
    public static bool Has(string rule) => Rules.Contains(rule);

    /// <summary>The text to compile for the given kinds; a row's kind is its place among them.</summary>
    public static string For(IReadOnlyList<CudaKind> kinds)
    {
        var source = new StringBuilder("#define ADEMAMIX_KINDS(X)");
        for (var i = 0; i < kinds.Count; i++)
            source.Append(CultureInfo.InvariantCulture, $" X({i}, {kinds[i]})");
        return source.Append('\n').Append(Text).ToString();
    }

    // The compiler's messages name the file and its line.
    static string Read(string file)
    {
        using var stream = typeof(CudaSource).Assembly.GetManifestResourceStream(file)!;
        using var reader = new StreamReader(stream);
        return $"#line 1 \"{file}\"\n{reader.ReadToEnd().ReplaceLineEndings("\n")}";
    }
}
