using System.Text.Json.Nodes;
using OpenQA.Selenium;
using Xunit;

namespace AdEMAMix.Workbook.Tests;

/// <summary>The sliders of notebook 01 in a browser, twice in one page.</summary>
public sealed class TheToolTests
{
    [Fact]
    public void Sliders_redraw_both_charts_by_keyboard_and_fit_a_narrow_page()
    {
        using var browser = new Browser();
        browser.Show("", true, Tool(), Tool());
        browser.Until("document.querySelectorAll('.ademamix-tool[data-ready] svg').length === 4");
        var before = browser.Text(".ademamix-tool [role=status]");
        Assert.Contains("Adam is first within 0.1 of the minimum at step 9,533", before);
        Assert.Contains("AdEMAMix is first within 0.1 of the minimum at step 3,475", before);
        var curve = Curve();

        browser.Press(".ademamix-tool input[type=range]", Keys.ArrowRight);
        browser.Until("document.querySelector('.ademamix-tool label b').textContent === '0.91087'");
        browser.Until($"document.querySelector('.ademamix-tool [role=status]').textContent !== {JsonValue.Create(before).ToJsonString()}");
        Assert.NotEqual(curve, Curve());
        Assert.Equal(true, browser.Script("var ids = Array.from(document.querySelectorAll('.ademamix-tool [id]')).map(e => e.id); return new Set(ids).size === ids.length"));
        Assert.Equal(true, browser.Script("return Array.from(document.querySelectorAll('.ademamix-tool input')).every(input => input.labels.length === 1)"));

        browser.Width(480);
        browser.Until("document.querySelector('.ademamix-tool svg').clientWidth <= 440");
        Assert.Equal(true, browser.Script("return document.documentElement.scrollWidth <= 480"));
        Assert.Empty(browser.Complaints());

        object? Curve() => browser.Script("return document.querySelectorAll('.ademamix-tool svg')[1].innerHTML.length + document.querySelector('.ademamix-tool svg path[stroke-width=\"3\"]').getAttribute('d')");
    }

    [Fact]
    public void The_tool_is_self_contained_and_short()
    {
        var tool = Tool();
        Assert.InRange(tool.Split('\n').Length, 50, 400);
        Assert.DoesNotContain("http", tool);
        Assert.DoesNotContain("document.currentScript", tool.Replace("or currentScript", "", StringComparison.Ordinal));
        Assert.DoesNotMatch(@"\son[a-z]+=", tool);
    }

    static string Tool()
    {
        var notebook = JsonNode.Parse(File.ReadAllText(Path.Combine(WorkbookPaths.Find().Root, "notebooks", "01-the-optimizer.ipynb")))!;
        var source = string.Concat(notebook["cells"]!.AsArray().Single(c => c!["id"]!.GetValue<string>() == "tool")!["source"]!.AsArray().Select(line => line!.GetValue<string>()));
        return source.StartsWith("#!html\n", StringComparison.Ordinal) ? source["#!html\n".Length..] : source;
    }
}
