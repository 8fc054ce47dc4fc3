// How a notebook is turned into a page.
namespace AdEMAMix.Notebooks;

/// <summary>What a page needs beside the notebook.</summary>
public sealed record RenderOptions
{
    /// <summary>The plotly.js file that is embedded once if the notebook shows a chart (plotly.min.js or a smaller bundle of it).</summary>
    public string? PlotlyScript { get; init; }

    /// <summary>The page's title; null for the notebook's first heading.</summary>
    public string? Title { get; init; }

    /// <summary>The folder that pictures of the prose are relative to; null for the notebook's own.</summary>
    public string? Directory { get; init; }

    /// <summary>Whether the code of the cells is shown when the page opens; a reader can fold and unfold it.</summary>
    public bool CodeOpen { get; init; } = true;
}
