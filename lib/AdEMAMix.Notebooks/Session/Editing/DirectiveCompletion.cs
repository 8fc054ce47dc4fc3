// Completion in lines that are for the engine: the names of directives, and the files that they take.
namespace AdEMAMix.Notebooks;

static class DirectiveCompletion
{
    static readonly string[] Names = [.. CellDirectives.Supported.Select(directive => directive.Name.Split(' ')[0]).Distinct()];

    /// <summary>Completions where the cursor is in a directive line, else null.</summary>
    public static CompletionResult? At(string code, int position, string directory)
    {
        var lineStart = position == 0 ? 0 : code.LastIndexOf('\n', position - 1) + 1;
        var line = code[lineStart..position];
        var text = line.TrimStart();
        if (!text.StartsWith('#')) return null;
        var start = lineStart + line.Length - text.Length;
        var end = position;
        if (text.IndexOf(' ', StringComparison.Ordinal) is var space && space < 0)
        {
            while (end < code.Length && !char.IsWhiteSpace(code[end])) end++;
            return new CompletionResult(CodeCompletion.Order(Names.Select(name => new CompletionItem(name, name, "directive")), text), start, end);
        }
        string[] extensions = text[..space] switch
        {
            "#r" => [".dll"],
            "#load" => [".csx", ".cs"],
            "#!import" => [".ipynb", ".csx", ".cs"],
            _ => [],
        };
        var argument = text[(space + 1)..].TrimStart().TrimStart('"');
        if (extensions.Length == 0 || argument.StartsWith("nuget:", StringComparison.OrdinalIgnoreCase)) return new CompletionResult([], position, position);
        var slash = argument.LastIndexOf('/') + 1;
        return new CompletionResult(Files(Path.GetFullPath(argument[..slash], directory), argument[slash..], extensions), position - (argument.Length - slash), position);
    }

    static IReadOnlyList<CompletionItem> Files(string folder, string written, string[] extensions)
    {
        try
        {
            var folders = new DirectoryInfo(folder).EnumerateDirectories().Select(item => new CompletionItem(item.Name + "/", item.Name + "/", "file"));
            var files = new DirectoryInfo(folder).EnumerateFiles().Where(item => extensions.Contains(item.Extension)).Select(item => new CompletionItem(item.Name, item.Name, "file"));
            return CodeCompletion.Order(folders.Concat(files).Where(item => item.Text[0] != '.').Prepend(new CompletionItem("../", "../", "file")), written);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException or System.Security.SecurityException)
        {
            return [];
        }
    }
}
