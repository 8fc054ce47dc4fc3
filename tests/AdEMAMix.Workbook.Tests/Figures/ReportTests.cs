using Xunit;

namespace AdEMAMix.Workbook.Tests;

public sealed class ReportTests
{
    [Fact]
    public void Simple_Markdown_becomes_html_and_all_else_is_escaped() => Assert.Equal(
        "<h3>Seen</h3>\n<p>AdEMAMix ends <strong>0.04</strong> lower &lt;b&gt; in <code>a**b**</code>, 2 * 3 * 4 &amp; <em>more</em> lines</p>\n<ul><li>one</li><li>two</li></ul>",
        new Report("# Seen\n\nAdEMAMix ends **0.04** lower <b> in `a**b**`, 2 * 3 * 4 & *more*\nlines\n\n- one\n- two").ToHtml());

    [Theory]
    [InlineData("`", "<p>`</p>")]
    [InlineData("a `b` `c", "<p>a <code>b</code> `c</p>")]
    [InlineData("**", "<p>**</p>")]
    [InlineData("file_a*b*c", "<p>file_a*b*c</p>")]
    [InlineData("", "")]
    public void Unfinished_markup_stays_as_written(string text, string html) => Assert.Equal(html, new Report(text).ToHtml());

    [Fact]
    public void Parts_follow_each_other_in_text_and_html()
    {
        var table = new Table(["a"], [[1]]);
        var report = new Report("before", table, new Report("after"));
        Assert.Equal($"<p>before</p>\n{table.ToHtml()}\n<p>after</p>", report.ToHtml());
        Assert.Equal($"before\n\n{table}\n\nafter", report.ToString());
        Assert.Contains("Int32", Assert.Throws<FigureException>(() => new Report(1)).Message);
    }
}
