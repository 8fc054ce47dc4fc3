// Equations of the prose, set by KaTeX when the page is made: all of a page in one call of node, as HTML with MathML beside it for screen readers.
using System.ComponentModel;
using System.Diagnostics;
using System.Globalization;
using System.Net;
using System.Reflection;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace AdEMAMix.Notebooks;

/// <summary>Collects the equations of a page under marks, then replaces the marks by what KaTeX made of them.</summary>
/// <param name="tools">Where KaTeX and node are; without them the TeX is shown as it was typed.</param>
/// <param name="nonce">Part of each mark: something that the notebook's text cannot hold, such as its own hash.</param>
sealed partial class Formulas(RenderTools tools, string nonce)
{
    static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    readonly List<(string Tex, bool Display)> _items = [];

    /// <summary>Whether the page has an equation.</summary>
    public bool Any => _items.Count > 0;

    /// <summary>The mark that stands for an equation until the page is put together.</summary>
    public string Place(string tex, bool display)
    {
        _items.Add((tex, display));
        return string.Create(CultureInfo.InvariantCulture, $"[formula-{nonce}-{_items.Count - 1}]");
    }

    /// <summary>The text with every mark replaced, and the style sheet that the equations need (empty where KaTeX was not used).</summary>
    /// <param name="html">Text of the page that holds marks.</param>
    /// <param name="note">Told in one line why equations are shown as TeX, if they are.</param>
    public (Func<string, string> Fill, string Style) Set(string html, Action<string>? note)
    {
        if (!Any) return (text => text, "");
        var results = Render(note);
        var used = string.Concat(results.OfType<string>());
        string Fill(string text) => Regex.Replace(text, $@"\[formula-{nonce}-(\d+)\]", match =>
        {
            var index = int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture);
            if (index >= _items.Count) return match.Value;
            return index < results.Count && results[index] is { } set ? set : Plain(_items[index]);
        });
        return (Fill, used.Contains("class=\"katex", StringComparison.Ordinal) ? Style(used) : "");
    }

    /// <summary>The TeX of text that holds marks, for titles and anchors.</summary>
    public string AsText(string text) => Regex.Replace(text, $@"\[formula-{nonce}-(\d+)\]", match => _items[int.Parse(match.Groups[1].ValueSpan, CultureInfo.InvariantCulture)].Tex.Replace("\\", "", StringComparison.Ordinal));

    List<string?> Render(Action<string>? note)
    {
        const string consequence = "Equations are shown as TeX";
        const string remedy = "'environment/workbook setup' installs it";
        if (tools.KatexFolder is null || !File.Exists(Path.Combine(tools.KatexFolder, "katex.min.js")))
        {
            note?.Invoke($"{consequence}: KaTeX is not installed ({remedy}).");
            return [];
        }
        if (tools.Node is null)
        {
            note?.Invoke($"{consequence}: KaTeX runs in node, which is not installed ({remedy}).");
            return [];
        }
        var items = new JsonArray([.. _items.Select(item => (JsonNode)new JsonObject { ["tex"] = item.Tex, ["display"] = item.Display })]);
        using var reader = new StreamReader(Assembly.GetExecutingAssembly().GetManifestResourceStream("formulas.js")!, Encoding.UTF8);
        var start = new ProcessStartInfo(tools.Node) { ArgumentList = { "-e", reader.ReadToEnd(), Path.GetFullPath(tools.KatexFolder) }, RedirectStandardInput = true, RedirectStandardOutput = true, RedirectStandardError = true };
        try
        {
            using var node = Process.Start(start)!;
            var output = node.StandardOutput.ReadToEndAsync();
            var errors = node.StandardError.ReadToEndAsync();
            node.StandardInput.Write(items.ToJsonString());
            node.StandardInput.Close();
            if (!node.WaitForExit(Limit))
            {
                node.Kill(entireProcessTree: true);
                note?.Invoke($"{consequence}: KaTeX did not end within {Limit.TotalSeconds:0} s.");
                return [];
            }
            if (node.ExitCode == 0 && JsonNode.Parse(output.GetAwaiter().GetResult()) is JsonArray { Count: var count } answers && count == _items.Count)
                return [.. answers.Select((answer, i) => answer!["html"]?.GetValue<string>() is { } html ? Wrapped(html) : Wrong(_items[i], answer["error"]?.GetValue<string>() ?? "no reason given"))];
            var reason = errors.GetAwaiter().GetResult().Split('\n').FirstOrDefault(line => line.Contains("Error", StringComparison.Ordinal)) ?? $"node ended with code {node.ExitCode.ToString(CultureInfo.InvariantCulture)}";
            note?.Invoke($"{consequence}: KaTeX failed ({reason.Trim()}).");
        }
        catch (Exception e) when (e is Win32Exception or IOException or JsonException)
        {
            note?.Invoke($"{consequence}: KaTeX could not be run ({e.Message.TrimEnd('.')}).");
        }
        return [];
    }

    // KaTeX makes a displayed equation a block by itself; a div would end the paragraph that it may stand in.
    static string Wrapped(string html) => $"<span class=\"math\">{html}</span>";

    static string Plain((string Tex, bool Display) item) => Wrapped($"<code>{WebUtility.HtmlEncode(item.Tex)}</code>");

    static string Wrong((string Tex, bool Display) item, string reason) =>
        Wrapped($"<code>{WebUtility.HtmlEncode(item.Tex)}</code> <span class=\"tex-error\">{WebUtility.HtmlEncode(reason)}</span>");

    /// <summary>KaTeX's style sheet with the fonts that these equations use inside it.</summary>
    string Style(string used)
    {
        var folder = tools.KatexFolder!;
        var css = File.ReadAllText(Path.Combine(folder, "katex.min.css"));
        var classes = ClassAttribute().Matches(used).SelectMany(match => match.Groups[1].Value.Split(' ')).ToHashSet(StringComparer.Ordinal);
        var fonts = new HashSet<string>(StringComparer.Ordinal) { Face("Main", "400", "normal"), Face("Math", "400", "italic") };
        foreach (Match rule in Rule().Matches(css))
        {
            if (rule.Value.StartsWith('@')) continue;
            var (selector, body) = (rule.Groups[1].Value, rule.Groups[2].Value);
            var family = Family().Match(body) is { Success: true } match ? match.Groups[1].Value : null;
            var (bold, italic) = (body.Contains("font-weight:700", StringComparison.Ordinal) || body.Contains("font-weight:600", StringComparison.Ordinal), body.Contains("font-style:italic", StringComparison.Ordinal));
            if (family is null && !bold && !italic) continue;
            if (selector.Split(',').Any(one => ClassName().Matches(one).All(name => classes.Contains(name.Groups[1].Value)))) fonts.Add(Face(family ?? "Main", bold ? "700" : "400", italic ? "italic" : "normal"));
        }
        return FontFace().Replace(css, face =>
        {
            var body = face.Value;
            var name = Face(Family().Match(body).Groups[1].Value, Weight().Match(body).Groups[1].Value, body.Contains("font-style:italic", StringComparison.Ordinal) ? "italic" : "normal");
            if (!fonts.Contains(name)) return "";
            var file = Path.Combine(folder, FontFile().Match(body).Groups[1].Value);
            return FontSource().Replace(body, $"src:url(data:font/woff2;base64,{Convert.ToBase64String(File.ReadAllBytes(file))}) format(\"woff2\")");
        }).TrimEnd() + "\n";
    }

    static string Face(string family, string weight, string style) => $"{family} {weight} {style}";

    [GeneratedRegex("class=\"([^\"]*)\"")]
    private static partial Regex ClassAttribute();

    [GeneratedRegex(@"([^{}]+)\{([^{}]*)\}")]
    private static partial Regex Rule();

    [GeneratedRegex("KaTeX_([A-Za-z0-9]+)")]
    private static partial Regex Family();

    [GeneratedRegex(@"\.([\w-]+)")]
    private static partial Regex ClassName();

    [GeneratedRegex(@"@font-face\{[^{}]*\}")]
    private static partial Regex FontFace();

    [GeneratedRegex("font-weight:([0-9]+)")]
    private static partial Regex Weight();

    [GeneratedRegex(@"url\((fonts/[\w-]+\.woff2)\)")]
    private static partial Regex FontFile();

    [GeneratedRegex(@"src:[^;}]*")]
    private static partial Regex FontSource();
}
