// workbook data: the texts and token files that experiments read.

using System.CommandLine;
using System.Globalization;
using AdEMAMix.Workbook;
using Spectre.Console;

namespace AdEMAMix.Cli.Verbs;

static class DataVerb
{
    internal static Command Create()
    {
        var list = new Command("list", "Show every source: what it is, its licence, whether it is here");
        list.SetAction(_ => List());

        var names = CommandLine.File<string[]>("SOURCE", "Texts and tokenizers to fetch; all of them without one");
        var fetch = new Command("fetch", "Download, check and extract sources") { names };
        fetch.SetAction((parsed, cancellation) => Task.Run(() => Fetch(parsed.GetValue(names) ?? [], cancellation), cancellation));

        var files = CommandLine.File<string?>("PATH", "A token file, or a folder of them: read from end to end; without it, every source of texts");
        files.Arity = ArgumentArity.ZeroOrOne;
        var vocabulary = new Option<int?>("--vocabulary") { Description = "The vocabulary of the tokens, where shards.json does not say it", HelpName = "N" };
        var verify = new Command("verify", "Hash again what is here") { files, vocabulary };
        verify.SetAction(parsed => parsed.GetValue(files) is { } path ? VerifyShards(path, parsed.GetValue(vocabulary)) : Verify());

        return new Command("data", "List, fetch and verify texts and images; tokenize texts") { list, fetch, verify, TokenizeVerb.Create() };
    }

    static int List()
    {
        var paths = WorkbookPaths.Find();
        var table = new Spectre.Console.Table().Border(TableBorder.Simple);
        table.AddColumns("source", "size", "licence", "here", "what");
        foreach (var status in new DataFetcher(paths).VerifyAll())
            table.AddRow(
                Markup.Escape(status.Source.Name),
                Size(status.Source),
                Markup.Escape(status.Source.License),
                status.State == DataState.Ready ? "yes" : status.State == DataState.Missing ? "no" : "damaged",
                Markup.Escape(status.Source.Description));
        var fetcher = new TokenizerFetcher(paths);
        foreach (var tokenizer in DataSources.Load(paths).Tokenizers)
            table.AddRow(Markup.Escape(tokenizer.Name), "a tokenizer", Markup.Escape(tokenizer.License), fetcher.IsReady(tokenizer) ? "yes" : "no", Markup.Escape(tokenizer.Description));
        AnsiConsole.Write(table);
        return 0;
    }

    static string Size(DataSource source) => source.Text is { } text
        ? string.Create(CultureInfo.InvariantCulture, $"{text.Characters:N0} characters")
        : string.Create(CultureInfo.InvariantCulture, $"{source.Files?.Sum(file => file.Bytes) / 1e6:0.0} MB of images");

    static int Fetch(string[] names, CancellationToken cancellation)
    {
        var paths = WorkbookPaths.Find();
        var sources = DataSources.Load(paths);
        var texts = new DataFetcher(paths) { Report = Console.Error.WriteLine };
        var tokenizers = new TokenizerFetcher(paths) { Report = Console.Error.WriteLine };
        if (names.Length == 0) names = [.. sources.All.Select(source => source.Name), .. sources.Tokenizers.Select(tokenizer => tokenizer.Name)];
        // Everything is looked up before anything is downloaded.
        var fetches = names.Select(name => (Name: name, Text: sources.Tokenizers.Any(tokenizer => tokenizer.Name == name) ? null : sources.Find(name))).ToList();
        foreach (var (name, text) in fetches) Console.WriteLine($"{name}: {(text is null ? tokenizers.Fetch(name, cancellation) : texts.Fetch(text, cancellation))}");
        return 0;
    }

    static int VerifyShards(string path, int? vocabulary)
    {
        var wrong = 0;
        foreach (var status in ShardVerification.Verify(Path.GetFullPath(path), vocabulary))
        {
            Console.WriteLine($"{CommandLine.Short(status.File)}: {status.Message}");
            if (!status.IsRight) wrong++;
        }
        return wrong == 0 ? 0 : 1;
    }

    static int Verify()
    {
        var damaged = 0;
        foreach (var status in new DataFetcher(WorkbookPaths.Find()).VerifyAll())
        {
            Console.WriteLine($"{status.Source.Name}: {status.Message}");
            if (status.State == DataState.Damaged) damaged++;
        }
        return damaged == 0 ? 0 : 1;
    }
}
