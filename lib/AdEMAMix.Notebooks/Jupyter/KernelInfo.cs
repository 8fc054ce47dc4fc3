// What the kernel says of itself.
using System.Text.Json.Nodes;

namespace AdEMAMix.Notebooks;

static class KernelInfo
{
    static readonly string Version = typeof(KernelInfo).Assembly.GetName().Version?.ToString(3) ?? "0";

    /// <summary>The content of a kernel_info_reply. The language is written as .NET Interactive's kernel writes it, so that a notebook saved by either stays the same.</summary>
    public static JsonObject Reply() => new()
    {
        ["status"] = "ok",
        ["protocol_version"] = MessageFormat.ProtocolVersion,
        ["implementation"] = "ademamix-workbook",
        ["implementation_version"] = Version,
        ["language_info"] = new JsonObject
        {
            ["name"] = "C#",
            ["version"] = "14.0",
            ["mimetype"] = "text/x-csharp",
            ["file_extension"] = ".cs",
            ["pygments_lexer"] = "csharp",
            ["codemirror_mode"] = "text/x-csharp",
        },
        ["banner"] = $"C# of the AdEMAMix workbook {Version}, on .NET {Environment.Version}",
        ["help_links"] = new JsonArray(),
        ["debugger"] = false,
        ["supported_features"] = new JsonArray(),
    };
}
