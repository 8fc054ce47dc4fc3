// workbook data tokenize: texts of any length into token files, with a bar on a terminal and lines elsewhere.

using System.CommandLine;
using System.Diagnostics;
using System.Globalization;
using AdEMAMix.Workbook;
using Spectre.Console;

namespace AdEMAMix.Cli.Verbs;

static class TokenizeVerb
{
    static readonly TimeSpan BetweenLines = TimeSpan.FromSeconds(5);

    internal static Command Create()
    {
        var source = CommandLine.File<string>("SOURCE", "A name of 'data list', a text file, or a folder of .txt files");
        var tokenizer = new Option<string>("--tokenizer") { Description = "gpt2, characters, sentencepiece:MODEL, or sentencepiece with --vocabulary to train a model first", HelpName = "NAME", Required = true };
        var folder = new Option<string>("--out") { Description = "Where the token files go; the same command goes on there after a stop", HelpName = "FOLDER", Required = true };
        var format = new Option<string>("--format") { Description = "Layout of the files", DefaultValueFactory = _ => "nanogpt" };
        format.AcceptOnlyFromAmong("nanogpt", "llmc");
        var tokens = new Option<long?>("--shard-tokens") { Description = "Tokens per file; default: one file, in llm.c's format 100 million", HelpName = "N" };
        var validation = new Option<double>("--validation") { Description = "Share of the text, at its end, for validation", HelpName = "FRACTION", DefaultValueFactory = _ => 0.05 };
        var vocabulary = new Option<int?>("--vocabulary") { Description = "Tokens of the SentencePiece model to train", HelpName = "N" };
        var command = new Command("tokenize", "Write texts as token files of 16 bits, in nanoGPT's or llm.c's format") { source, tokenizer, folder, format, tokens, validation, vocabulary };
        command.SetAction((parsed, cancellation) => Task.Run(
            () => Run(
                new TokenizingOptions(
                    Absolute(parsed.GetValue(source)!), TokenizerOf(parsed.GetValue(tokenizer)!), Path.GetFullPath(parsed.GetValue(folder)!),
                    parsed.GetValue(format) == "llmc" ? TokenFormat.LlmC : TokenFormat.NanoGpt, parsed.GetValue(tokens), parsed.GetValue(validation), parsed.GetValue(vocabulary)),
                cancellation),
            CancellationToken.None));
        return command;
    }

    static int Run(TokenizingOptions options, CancellationToken cancellation)
    {
        var paths = WorkbookPaths.Find();
        var manifest = Console.IsErrorRedirected ? InLines(options, paths, cancellation) : WithBar(options, paths, cancellation);
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{CommandLine.Short(options.Folder)}: {manifest.Shards.Sum(shard => shard.Tokens):N0} tokens of {manifest.Vocabulary:N0} in {manifest.Shards.Count} files, from {manifest.Inputs.Sum(input => input.Bytes):N0} bytes in {manifest.Inputs.Count} texts."));
        return 0;
    }

    static ShardManifest InLines(TokenizingOptions options, WorkbookPaths paths, CancellationToken cancellation)
    {
        var (started, written, first) = (0L, 0L, 0L);
        return ShardTokenization.Prepare(options, paths, Console.Error.WriteLine, Say, cancellation).Run(cancellation);

        void Say(TokenizingProgress progress)
        {
            if (started == 0) (started, written, first) = (Stopwatch.GetTimestamp(), Stopwatch.GetTimestamp(), progress.Bytes);
            if (Stopwatch.GetElapsedTime(written) < BetweenLines || progress.Bytes == first) return;
            written = Stopwatch.GetTimestamp();
            var left = TimeSpan.FromSeconds(Stopwatch.GetElapsedTime(started).TotalSeconds / (progress.Bytes - first) * (progress.TotalBytes - progress.Bytes));
            Console.Error.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{(double)progress.Bytes / progress.TotalBytes:P1} of {progress.TotalBytes / 1e6:N1} MB, {progress.Tokens:N0} tokens, {left:h\\:mm\\:ss} left"));
        }
    }

    static ShardManifest WithBar(TokenizingOptions options, WorkbookPaths paths, CancellationToken cancellation)
    {
        var console = AnsiConsole.Create(new AnsiConsoleSettings { Out = new AnsiConsoleOutput(Console.Error) });
        return console.Progress().Columns(new TaskDescriptionColumn(), new ProgressBarColumn(), new PercentageColumn(), new RemainingTimeColumn()).Start(context =>
        {
            var bar = context.AddTask("Tokenizing");
            bar.IsIndeterminate = true;
            return ShardTokenization.Prepare(options, paths, line => bar.Description = Markup.Escape(line), Show, cancellation).Run(cancellation);

            void Show(TokenizingProgress progress)
            {
                bar.IsIndeterminate = false;
                bar.MaxValue = progress.TotalBytes;
                bar.Value = progress.Bytes;
                bar.Description = string.Create(CultureInfo.InvariantCulture, $"{progress.Tokens:N0} tokens");
            }
        });
    }

    // The name of a source stays one; a path counts from where the reader is.
    static string Absolute(string source) => File.Exists(source) || Directory.Exists(source) || source.Contains('/', StringComparison.Ordinal) ? Path.GetFullPath(source) : source;

    static string TokenizerOf(string name) => name.IndexOf(':', StringComparison.Ordinal) is var colon and > 0 ? name[..(colon + 1)] + Path.GetFullPath(name[(colon + 1)..]) : name;
}
