using Xunit;

namespace AdEMAMix.Workbook.Tests;

[Collection(nameof(WorkbookDisplay))]
public sealed class DisplayTests
{
    /// <summary>What an engine does that knows the library by names only.</summary>
    static Dictionary<string, string> Bundle(object value)
    {
        var attribute = value.GetType().GetCustomAttributes(true).Single(candidate => candidate.GetType().Name == "TypeFormatterSourceAttribute");
        var source = Activator.CreateInstance((Type)attribute.GetType().GetProperty("FormatterSourceType")!.GetValue(attribute)!)!;
        var formatters = (IEnumerable<object>)source.GetType().GetMethod("CreateTypeFormatters")!.Invoke(source, null)!;
        return formatters.ToDictionary(
            formatter => (string)formatter.GetType().GetProperty("MimeType")!.GetValue(formatter)!,
            formatter =>
            {
                using var writer = new StringWriter();
                Assert.Equal(true, formatter.GetType().GetMethod("Format", [typeof(object), typeof(TextWriter)])!.Invoke(formatter, [value, writer]));
                return writer.ToString();
            });
    }

    [Fact]
    public void A_figure_gives_html_and_plotly_json()
    {
        var figure = Figure.FromJson("""{"data":[{"type":"scatter","x":[1,2],"y":[0.1234567891,2]}]}""");
        var bundle = Bundle(figure);
        Assert.Equal(figure.ToHtml(), bundle["text/html"]);
        Assert.Equal(figure.Json, bundle["application/vnd.plotly.v1+json"]);
        Assert.Contains("\"y\":[0.123457,2]", bundle["application/vnd.plotly.v1+json"]);
    }

    [Fact]
    public void Tables_and_reports_give_html_and_text()
    {
        foreach (var value in new object[] { new Table(["a"], [[1]]), new Report("text") })
            Assert.Equal(["text/html", "text/plain"], Bundle(value).Keys.Order(StringComparer.Ordinal));
    }

    [Fact]
    public void A_host_sees_what_is_shown_and_what_replaces_it()
    {
        var seen = new List<(string Id, object Value, bool Update)>();
        try
        {
            // Runs of other tests may show themselves meanwhile.
            WorkbookDisplay.Sink = (id, value, update) =>
            {
                if (value is string) seen.Add((id, value, update));
            };
            using (var live = WorkbookDisplay.Start("0 %")) live.Update("50 %");
            WorkbookDisplay.Start("other").End("end");
        }
        finally
        {
            WorkbookDisplay.Sink = null;
        }
        Assert.Equal([("0 %", false), ("50 %", true), ("other", false), ("end", true)], seen.Select(call => ((string)call.Value, call.Update)));
        Assert.Equal(seen[0].Id, seen[1].Id);
        Assert.NotEqual(seen[1].Id, seen[2].Id);
    }
}
