using System.Globalization;
using System.Text;
using System.Text.Json;

namespace AdEMAMix.Workbook;

/// <summary>A SentencePiece model (Kudo and Richardson 2018; the paper's kind of tokenizer), used through Debian's programs spm_encode and spm_decode.</summary>
/// <remarks>
/// Those programs work line by line. Between lines stands the model's token for the byte 0x0A, which models with byte fallback have; with
/// <see cref="Train">models made here</see> a text then comes back as it was, but for U+2581, SentencePiece's own sign for a space.
/// Without that token lines follow one another directly.
/// </remarks>
public sealed class SentencePieceTokenizer : ITokenizer
{
    /// <summary>How its JSON calls it.</summary>
    public const string Kind = "sentencepiece";

    /// <summary>The model's name beside token files.</summary>
    public const string ModelFile = "tokenizer.model";

    readonly string model;
    readonly string searchPath;
    readonly string hash;
    readonly ushort? lineEnd;

    /// <summary>Reads the vocabulary of a model.</summary>
    /// <param name="model">The model's file.</param>
    /// <param name="searchPath">Where the programs are looked up; null for the PATH of this process.</param>
    /// <exception cref="DataException">The file or the programs are missing, or the model has more than 65,536 tokens.</exception>
    public SentencePieceTokenizer(string model, string? searchPath = null)
    {
        this.model = Path.GetFullPath(model);
        this.searchPath = searchPath ?? Environment.GetEnvironmentVariable("PATH") ?? "";
        if (!File.Exists(this.model)) throw new DataException($"There is no SentencePiece model '{model}': correct the path, or train one with 'environment/workbook data tokenize ... --tokenizer sentencepiece --vocabulary N'.");
        hash = Sha256.Of(TextFiles.Read(this.model));
        var pieces = Lines(Run("spm_export_vocab", ["--output_format=syms"], null)).Select(line => line.Split('\t')[0]).ToList();
        if (pieces.Count is 0 or > CharacterTokenizer.MaximumVocabulary)
            throw new DataException(FormattableString.Invariant($"The SentencePiece model '{model}' has {pieces.Count:N0} tokens, but tokens of 16 bits number 1 to {CharacterTokenizer.MaximumVocabulary:N0}: use a smaller one."));
        VocabularySize = pieces.Count;
        EndOfDocument = TokenOf("</s>");
        lineEnd = TokenOf("<0x0A>");

        ushort? TokenOf(string piece) => pieces.IndexOf(piece) is var token and >= 0 ? (ushort)token : null;
    }

    /// <inheritdoc/>
    public int VocabularySize { get; }

    /// <inheritdoc/>
    public ushort? EndOfDocument { get; }

    /// <summary>Trains a model: pairs of pieces, any byte as a fallback, the text as it is. The same text gives the same model.</summary>
    /// <param name="text">Writes the text, UTF-8 in lines.</param>
    /// <param name="vocabulary">Tokens of the model.</param>
    /// <param name="file">Where the model goes; it appears complete.</param>
    /// <param name="searchPath">Where spm_train is looked up; null for the PATH of this process.</param>
    /// <param name="cancellation">Stops the training.</param>
    /// <exception cref="DataException">The program is missing, or the text is too small for the vocabulary.</exception>
    public static void Train(Action<Stream> text, int vocabulary, string file, string? searchPath = null, CancellationToken cancellation = default)
    {
        var prefix = Path.GetFullPath(file) + ".training";
        try
        {
            var result = new DataTool("spm_train", searchPath ?? Environment.GetEnvironmentVariable("PATH") ?? "", text).Run(Path.GetDirectoryName(prefix)!,
                ["--input=/dev/stdin", $"--model_prefix={prefix}", $"--vocab_size={vocabulary.ToString(CultureInfo.InvariantCulture)}", "--model_type=bpe", "--byte_fallback=true",
                    "--normalization_rule_name=identity", "--remove_extra_whitespaces=false", "--character_coverage=0.9999", "--max_sentence_length=1000000", "--num_threads=1", "--minloglevel=1"], cancellation);
            if (result.ExitCode != 0)
                throw new DataException($"SentencePiece could not train a vocabulary of {vocabulary.ToString("N0", CultureInfo.InvariantCulture)} ({Cause(result.Errors)}): choose another --vocabulary, or more text.");
            File.Move(prefix + ".model", file, overwrite: true);
        }
        finally
        {
            File.Delete(prefix + ".model");
            File.Delete(prefix + ".vocab");
        }
    }

    /// <inheritdoc/>
    public ushort[] Encode(ReadOnlySpan<char> text)
    {
        if (text.IsEmpty) return [];
        // A last line without its end is a line to the program, and so is one with it: only the first is followed by no token.
        var endsInLine = text[^1] != '\n';
        var lines = Lines(Run("spm_encode", ["--output_format=id"], Utf8(text, endsInLine ? "\n" : "")));
        var tokens = new List<ushort>(text.Length / 2);
        foreach (var (index, line) in lines.Index())
        {
            foreach (var id in line.AsSpan().Split(' '))
                if (!line.AsSpan(id).IsEmpty) tokens.Add(ushort.Parse(line.AsSpan(id), CultureInfo.InvariantCulture));
            if (lineEnd is { } end && (!endsInLine || index < lines.Count - 1)) tokens.Add(end);
        }
        return [.. tokens];
    }

    /// <summary>The text of some tokens; those without a text, such as <see cref="EndOfDocument"/>, give none.</summary>
    /// <exception cref="DataException">A token is not below <see cref="VocabularySize"/>.</exception>
    public string Decode(ReadOnlySpan<ushort> tokens)
    {
        var ids = new StringBuilder();
        for (var i = 0; i < tokens.Length; i++)
        {
            if (tokens[i] >= VocabularySize)
                throw new DataException($"Token {tokens[i]} at position {i} is outside the vocabulary of {VocabularySize}: decode with the tokenizer that the text was encoded with.");
            ids.Append(tokens[i] == lineEnd ? "\n" : tokens[i].ToString(CultureInfo.InvariantCulture) + " ");
        }
        return string.Join('\n', Lines(Run("spm_decode", ["--input_format=id"], Utf8(ids.ToString(), "\n"))));
    }

    /// <summary>After the last end of a line.</summary>
    public int LastCut(ReadOnlySpan<char> text) => text.LastIndexOf('\n') + 1;

    /// <inheritdoc/>
    public string ToJson() => JsonSerializer.Serialize(new { kind = Kind, sha256 = hash, vocabulary = VocabularySize });

    /// <summary>Puts the model beside the token files, so that they need nothing else.</summary>
    internal void CopyTo(string folder)
    {
        var file = Path.Combine(folder, ModelFile);
        if (Path.GetFullPath(file) != model) DurableFile.Replace(file, stream => stream.Write(File.ReadAllBytes(model)));
    }

    string Run(string program, string[] options, byte[]? input)
    {
        var result = new DataTool(program, searchPath, input is null ? null : stream => stream.Write(input)).Run(Path.GetDirectoryName(model)!, [$"--model={model}", .. options], CancellationToken.None);
        return result.ExitCode == 0 ? result.Output : throw new DataException($"'{program}' could not use the SentencePiece model '{model}' ({Cause(result.Errors)}): choose a model file that spm_train wrote.");
    }

    static byte[] Utf8(ReadOnlySpan<char> text, string end)
    {
        var bytes = new byte[TextNormalisation.Utf8.GetByteCount(text) + end.Length];
        var written = TextNormalisation.Utf8.GetBytes(text, bytes);
        TextNormalisation.Utf8.GetBytes(end, bytes.AsSpan(written));
        return bytes;
    }

    // Each line has an end; what follows the last is none.
    static List<string> Lines(string text) => [.. text.Split('\n').SkipLast(1)];

    // "... INTERNAL: file(line) [condition] What is wrong. Advice."
    static string Cause(string errors)
    {
        var line = errors.Split('\n', StringSplitOptions.RemoveEmptyEntries).LastOrDefault(line => line.Contains("] ", StringComparison.Ordinal)) ?? errors.Trim().Split('\n')[^1];
        return line[(line.LastIndexOf("] ", StringComparison.Ordinal) is var at and >= 0 ? at + 2 : 0)..].Trim().TrimEnd('.');
    }
}
