// A notebook file (.ipynb, nbformat 4): read, checked, and written back byte for byte where nothing was changed.
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace AdEMAMix.Notebooks;

/// <summary>A notebook. Its JSON is kept whole: unknown metadata, the order of keys and the way numbers are written survive reading and writing.</summary>
public sealed partial class NotebookDocument
{
    readonly string _indent, _newLine, _end;
    readonly bool _byteOrderMark;

    NotebookDocument(string? path, JsonObject json, IReadOnlyList<NotebookCell> cells, IReadOnlyList<string> notes, string text, bool byteOrderMark)
    {
        Notes = notes;
        Path = path;
        Json = json;
        Cells = cells;
        _indent = FirstIndent().Match(text) is { Success: true } match ? match.Groups[1].Value : " ";
        _newLine = text.Contains("\r\n", StringComparison.Ordinal) ? "\r\n" : "\n";
        _end = text[text.TrimEnd().Length..];
        _byteOrderMark = byteOrderMark;
    }

    /// <summary>Where the notebook was read from, or null where it was parsed from text.</summary>
    public string? Path { get; }

    /// <summary>The whole file.</summary>
    public JsonObject Json { get; }

    /// <summary>The cells in order.</summary>
    public IReadOnlyList<NotebookCell> Cells { get; }

    /// <summary>What is not as nbformat asks and was read all the same, one sentence each: a second cell with the same id, a cell of an unknown type.</summary>
    public IReadOnlyList<string> Notes { get; }

    /// <summary>The day on which a headless run last changed an output (UTC), from <c>metadata.workbook.executed</c>; null where none is recorded.</summary>
    public DateOnly? Executed =>
        (Json["metadata"] as JsonObject)?["workbook"] is JsonObject workbook && MultilineText.IsString(workbook["executed"])
            && DateOnly.TryParseExact(workbook["executed"]!.GetValue<string>(), "yyyy-MM-dd", CultureInfo.InvariantCulture, DateTimeStyles.None, out var day) ? day : null;

    internal void RecordExecution(DateOnly day)
    {
        if (Json["metadata"] is not JsonObject metadata) Json["metadata"] = metadata = [];
        if (metadata["workbook"] is not JsonObject workbook) NotebookCell.Insert(metadata, "workbook", workbook = []);
        workbook["executed"] = day.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture);
    }

    /// <summary>Reads a notebook file.</summary>
    /// <exception cref="NotebookException">The file is missing, not JSON, of another nbformat than 4, or not built as a notebook.</exception>
    public static NotebookDocument Load(string path)
    {
        byte[] bytes;
        try
        {
            bytes = File.ReadAllBytes(path);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new NotebookException($"The notebook '{path}' does not exist: check the name and the folder.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new NotebookException($"The notebook '{path}' cannot be read ({e.Message.TrimEnd('.')}): check that it is a file and that you may read it.", e);
        }
        return Read(bytes, path);
    }

    /// <summary>Reads a notebook from the bytes of a file.</summary>
    /// <param name="bytes">The content of an .ipynb file.</param>
    /// <param name="path">The file that messages name.</param>
    /// <exception cref="NotebookException">The bytes are not a notebook of nbformat 4.</exception>
    public static NotebookDocument Read(ReadOnlySpan<byte> bytes, string path)
    {
        var mark = bytes.StartsWith(Encoding.UTF8.Preamble);
        if (mark) bytes = bytes[3..];
        try
        {
            return Parse(new UTF8Encoding(false, throwOnInvalidBytes: true).GetString(bytes), path, mark);
        }
        catch (DecoderFallbackException e)
        {
            throw new NotebookException($"The notebook '{path}' is not UTF-8 text (byte {(mark ? 3 : 0) + e.Index}): save it again as UTF-8 or restore it from version control.", e);
        }
    }

    /// <summary>Reads a notebook from text.</summary>
    /// <param name="text">The content of an .ipynb file.</param>
    /// <param name="path">The file that messages name.</param>
    /// <exception cref="NotebookException">The text is not a notebook of nbformat 4.</exception>
    public static NotebookDocument Parse(string text, string? path = null) => Parse(text, path, byteOrderMark: false);

    static NotebookDocument Parse(string text, string? path, bool byteOrderMark)
    {
        var name = path ?? "(text)";
        JsonNode? root;
        try
        {
            root = JsonNode.Parse(text, documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false, MaxDepth = 512 });
        }
        catch (JsonException e)
        {
            var line = (e.LineNumber ?? 0) + 1;
            throw new NotebookException(
                $"The notebook '{name}' is not valid JSON (line {line}, {(text.TrimEnd() is var t && t.Length > 0 && line >= t.Count(c => c == '\n') + 1 && t[^1] != '}' ? "the file is cut short" : "a merge conflict or a stray edit")}): restore it from version control or mend that line.", e);
        }
        catch (InvalidOperationException e)
        {
            throw HalfCharacter(name, e);
        }
        if (root is not JsonObject json) throw Invalid(name, "its top level is not an object");
        if (EscapedSurrogate().IsMatch(text)) CheckText(json, name);
        var major = (json["nbformat"] as JsonValue)?.TryGetValue(out int number) == true ? number : (int?)null;
        if (major is null) throw new NotebookException($"The file '{name}' has no nbformat number, so it is not a Jupyter notebook: give an .ipynb file of nbformat 4.");
        if (major < 4) throw new NotebookException($"The notebook '{name}' is of nbformat {major}, and only 4 is supported: convert it with 'jupyter nbconvert --to notebook --nbformat 4'.");
        if (major > 4) throw new NotebookException($"The notebook '{name}' is of nbformat {major}, newer than the 4 that is supported: save it as nbformat 4.");
        if (json["cells"] is not JsonArray cells) throw Invalid(name, "it has no list of cells");
        if (json["metadata"] is not (null or JsonObject)) throw Invalid(name, "its metadata is not an object");
        var notes = new List<string>();
        var typed = cells.Select((cell, index) => CheckCell(cell, index + 1, name, notes)).ToArray();
        var ids = new Dictionary<string, int>(StringComparer.Ordinal);
        for (var i = 0; i < typed.Length; i++)
            if (typed[i].Id is { } id && !ids.TryAdd(id, i + 1)) notes.Add($"Cells {ids[id]} and {i + 1} of '{name}' have the same id '{id}': the second gets another when the notebook is run.");
        return new NotebookDocument(path, json, typed, notes, text, byteOrderMark);
    }

    static NotebookCell CheckCell(JsonNode? node, int position, string name, List<string> notes)
    {
        var where = $"cell {position} of the file";
        if (node is not JsonObject cell) throw Invalid(name, $"{where} is not an object");
        if (!MultilineText.IsString(cell["cell_type"])) throw Invalid(name, $"{where} has no cell_type");
        var type = cell["cell_type"]!.GetValue<string>();
        var kind = type switch
        {
            "code" => CellKind.Code,
            "markdown" => CellKind.Markdown,
            _ => CellKind.Raw,
        };
        if (type is not ("code" or "markdown" or "raw")) notes.Add($"Cell {position} of '{name}' has the unknown cell_type '{type}': it is kept as it is, and neither run nor shown.");
        if (!MultilineText.IsValid(cell["source"])) throw Invalid(name, $"the source of {where} is not text");
        if (cell["metadata"] is not (null or JsonObject)) throw Invalid(name, $"the metadata of {where} is not an object");
        if (cell["id"] is not null && !MultilineText.IsString(cell["id"])) throw Invalid(name, $"the id of {where} is not text");
        if (kind == CellKind.Code)
        {
            if (cell["outputs"] is not (null or JsonArray)) throw Invalid(name, $"the outputs of {where} are not a list");
            foreach (var output in cell["outputs"] as JsonArray ?? [])
                if (output is not JsonObject map || !MultilineText.IsString(map["output_type"])) throw Invalid(name, $"an output of {where} has no output_type");
        }
        return new NotebookCell(cell, kind);
    }

    static void CheckText(JsonNode? node, string name)
    {
        try
        {
            _ = JsonText.WriteCompact(node);
        }
        catch (InvalidOperationException e)
        {
            throw HalfCharacter(name, e);
        }
    }

    static NotebookException HalfCharacter(string name, Exception inner) =>
        new($"The notebook '{name}' holds half of a surrogate pair (\\ud800 to \\udfff), which is not a character: remove it in a text editor.", inner);

    static NotebookException Invalid(string name, string problem) =>
        new($"The notebook '{name}' is not built as nbformat 4 asks ({problem}): restore it from version control or save it again from Jupyter or VS Code.");

    /// <summary>Makes the document nbformat 4.5: the number, and an id for every cell that has none or that of an earlier one (derived from its text, so that two runs agree).</summary>
    public void Upgrade()
    {
        if ((Json["nbformat_minor"] as JsonValue)?.TryGetValue(out int minor) != true || minor < 5)
        {
            if (Json.ContainsKey("nbformat_minor")) Json["nbformat_minor"] = 5;
            else NotebookCell.Insert(Json, "nbformat_minor", 5);
        }
        if (!Json.ContainsKey("metadata")) NotebookCell.Insert(Json, "metadata", new JsonObject());
        var taken = new HashSet<string>(StringComparer.Ordinal);
        var kept = Cells.Where(cell => cell.Id is { } id && taken.Add(id)).ToHashSet();
        foreach (var cell in Cells)
        {
            if (!cell.Json.ContainsKey("metadata")) cell.Set("metadata", new JsonObject());
            if (kept.Contains(cell)) continue;
            string id;
            for (var salt = 0; ; salt++)
            {
                id = Convert.ToHexStringLower(SHA256.HashData(Encoding.UTF8.GetBytes($"{cell.Kind}\n{cell.Source}\n{salt}")))[..8];
                if (taken.Add(id)) break;
            }
            cell.Set("id", JsonValue.Create(id));
        }
    }

    /// <summary>The file's text: equal to what was read where nothing was changed.</summary>
    public override string ToString() => JsonText.Write(Json, _indent, _newLine) + _end;

    /// <summary>Writes the notebook to a temporary file beside <paramref name="path"/> and renames it, so that the file is the old one or the new one, never half of it.</summary>
    /// <exception cref="NotebookException">The folder cannot be written to; the file that was there is untouched.</exception>
    public void Save(string path)
    {
        var full = System.IO.Path.GetFullPath(path);
        // A link is followed: the file it names is replaced, not the link.
        if (File.Exists(full)) full = File.ResolveLinkTarget(full, returnFinalTarget: true)?.FullName ?? full;
        var temporary = System.IO.Path.Combine(System.IO.Path.GetDirectoryName(full)!, $".{System.IO.Path.GetFileName(full)}.{Environment.ProcessId}.tmp");
        try
        {
            using (var stream = new FileStream(temporary, FileMode.Create, FileAccess.Write))
            {
                if (_byteOrderMark) stream.Write(Encoding.UTF8.Preamble);
                stream.Write(Encoding.UTF8.GetBytes(ToString()));
                stream.Flush(flushToDisk: true);
            }
            if (File.Exists(full) && !OperatingSystem.IsWindows()) File.SetUnixFileMode(temporary, File.GetUnixFileMode(full));
            File.Move(temporary, full, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            if (File.Exists(temporary)) File.Delete(temporary);
            throw new NotebookException($"The notebook '{path}' could not be written ({e.Message.TrimEnd('.')}), and the file is as it was: free some space or check that you may write to its folder.", e);
        }
    }

    [GeneratedRegex(@"^\s*\{\r?\n([ \t]+)""")]
    private static partial Regex FirstIndent();

    [GeneratedRegex(@"\\u[dD][89a-fA-F]")]
    private static partial Regex EscapedSurrogate();
}
