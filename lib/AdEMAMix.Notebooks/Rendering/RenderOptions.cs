// How a notebook is turned into a page.
namespace AdEMAMix.Notebooks;

/// <summary>What a page needs beside the notebook.</summary>
public sealed record RenderOptions
{
    /// <summary>The programs and scripts that charts, equations and diagrams are made with.</summary>
    public RenderTools Tools { get; init; } = new();

    /// <summary>The page's title; null for the notebook's first heading.</summary>
    public string? Title { get; init; }

    /// <summary>The folder that pictures of the prose are relative to; null for the notebook's own.</summary>
    public string? Directory { get; init; }

    /// <summary>Whether the code of the cells is shown when the page opens; a reader can fold and unfold it.</summary>
    public bool CodeOpen { get; init; } = true;

    /// <summary>Whether scripts that the author wrote into the source of #!html and #!javascript cells run in the page (each allowed by its hash, without
    /// network). Scripts in outputs never do. Without them the HTML cells pass the sanitizer like an output.</summary>
    public bool Scripts { get; init; } = true;

    /// <summary>Told, one line each, what the page shows less well than it could and why (a missing program).</summary>
    public Action<string>? Note { get; init; }
}
