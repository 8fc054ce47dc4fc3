// A text that is meant as HTML, made by HTML("...").
namespace AdEMAMix.Notebooks;

/// <summary>Markup that a notebook shows as it is.</summary>
public sealed class HtmlContent(string html)
{
    /// <summary>The markup.</summary>
    public string Html { get; } = html;

    /// <inheritdoc/>
    public override string ToString() => Html;
}
