using System.Globalization;
using Microsoft.Data.Analysis;

namespace Compat.Tests;

/// <summary>Calls of Microsoft.Data.Analysis that compile unchanged against the real package; what they gave there is in tests/fixtures/compat.</summary>
static class FrameCalls
{
    /// <summary>Each call's name with its result, or with the type of the exception it threw.</summary>
    public static IEnumerable<string> Run()
    {
        var name = new StringDataFrameColumn("name", new[] { "b", "a", "c", "a2" });
        var loss = new DoubleDataFrameColumn("loss", new double?[] { 1.5, null, 0.5, 2 });
        var n = new Int32DataFrameColumn("n", new[] { 1, 2, 3, 4 });
        var df = new DataFrame(name, loss, n);
        yield return Line("rows", () => Rows(df));
        yield return Line("count", () => df.Rows.Count + " " + df.Columns.Count);
        yield return Line("order", () => Rows(df.OrderBy("loss")));
        yield return Line("desc", () => Rows(df.OrderByDescending("loss")));
        yield return Line("first", () => Rows(df.OrderBy("loss", true, false)));
        yield return Line("descfirst", () => Rows(df.OrderByDescending("loss", false)));
        yield return Line("name", () => Rows(df.OrderBy("name")));
        yield return Line("head", () => Rows(df.Head(2)));
        yield return Line("head9", () => Rows(df.Head(9)));
        yield return Line("head0", () => Rows(df.Head(0)));
        yield return Line("filter", () => Rows(df.Filter(new BooleanDataFrameColumn("f", new bool?[] { true, null, false, true }))));
        yield return Line("filtershort", () => Rows(df.Filter(new BooleanDataFrameColumn("f", new[] { true }))));
        yield return Line("filterlong", () => Rows(df.Filter(new BooleanDataFrameColumn("f", new[] { true, true, true, true, true }))));
        yield return Line("filtertype", () => df.Filter(new BooleanDataFrameColumn("f", new[] { true, true, true, true })).Columns[1].GetType().Name);
        yield return Line("ordertype", () => df.OrderBy("n").Columns["loss"].GetType().Name);
        yield return Line("missing", () => df["nope"]);
        yield return Line("indexof", () => df.Columns.IndexOf("nope") + " " + df.Columns.IndexOf("n"));
        yield return Line("cell", () => df[0, 1]);
        yield return Line("nullcell", () => df[1, 1]);
        yield return Line("range", () => df[7, 1]);
        yield return Line("neg", () => df[-1, 0]);
        yield return Line("setcell", () => { df[0, 2] = 10; return n[0]; });
        yield return Line("setwrong", () => { df[0, 2] = "x"; return n[0]; });
        yield return Line("setconv", () => { df[0, 1] = 3; return loss[0]; });
        yield return Line("setlong", () => { df[0, 2] = 3L; return n[0]; });
        yield return Line("setnull", () => { df[0, 2] = null; return n[0] + " " + n.NullCount; });
        yield return Line("rowset", () => { df.Rows[1]["name"] = "z"; return name[1]; });
        yield return Line("rowget", () => df.Rows[1][0] + " " + df.Rows[1]["n"]);
        yield return Line("dup", () => new DataFrame(name, new StringDataFrameColumn("name", 4)));
        yield return Line("len", () => new DataFrame(name, new StringDataFrameColumn("x", 3)));
        yield return Line("empty", () => new DataFrame().Rows.Count);
        yield return Line("append", () => { n.Append(5); return n.Length + " " + df.Rows.Count; });
        yield return Line("len0", () => new DoubleDataFrameColumn("d", 3)[0]);
        yield return Line("nullcount", () => new DoubleDataFrameColumn("d", 3).NullCount);
        yield return Line("strlen", () => new StringDataFrameColumn("d", 2)[0]);
        yield return Line("strnull", () => new StringDataFrameColumn("d", new string?[] { null, "a" }!).NullCount);
        yield return Line("create", () => DataFrameColumn.Create("x", new[] { 1.0 }).GetType().Name + DataFrameColumn.Create("x", new[] { "a" }).GetType().Name);
        yield return Line("type", () => loss.DataType.Name + loss.Length + loss.Name);
        yield return Line("enum", () => string.Join(",", loss.Select(v => Text(v))));
        yield return Line("replace", () => { var d = new DataFrame(new Int32DataFrameColumn("a", new[] { 1, 2 })); d["a"] = new Int32DataFrameColumn("a", new[] { 3, 4 }); return Rows(d); });
        yield return Line("replace2", () => { var d = new DataFrame(new Int32DataFrameColumn("a", new[] { 1, 2 })); d["b"] = new Int32DataFrameColumn("b", new[] { 3, 4 }); return Rows(d); });
        yield return Line("replace3", () => { var d = new DataFrame(new Int32DataFrameColumn("a", new[] { 1, 2 })); d["a"] = new Int32DataFrameColumn("b", new[] { 3, 4 }); return Rows(d) + string.Join(",", d.Columns.Select(c => c.Name)); });
        yield return Line("replace4", () => { var d = new DataFrame(new Int32DataFrameColumn("a", new[] { 1, 2 })); d["b"] = new Int32DataFrameColumn("c", new[] { 3, 4 }); return Rows(d) + string.Join(",", d.Columns.Select(c => c.Name)); });
        yield return Line("replacelen", () => { var d = new DataFrame(new Int32DataFrameColumn("a", new[] { 1, 2 })); d["a"] = new Int32DataFrameColumn("a", new[] { 3 }); return Rows(d); });
        yield return Line("addlater", () => { var d = new DataFrame(); d.Columns.Add(new Int32DataFrameColumn("a", new[] { 1, 2 })); return Rows(d) + d.Rows.Count; });
        yield return Line("remove", () => { var d = new DataFrame(new Int32DataFrameColumn("a", new[] { 1, 2 })); d.Columns.RemoveAt(0); d.Columns.Add(new Int32DataFrameColumn("q", new[] { 1 })); return Rows(d) + d.Rows.Count; });
        yield return Line("nulladd", () => { var d = new DataFrame(); d.Columns.Add(null!); return 1; });
        yield return Line("date", () => new DateTimeDataFrameColumn("t", new[] { new DateTime(2024, 1, 2) })[0]!.Value.Year);
        yield return Line("single", () => new SingleDataFrameColumn("t", new[] { 1f })[0]);
        yield return Line("int64", () => new Int64DataFrameColumn("t", new[] { 1L })[0]);
        yield return Line("sharing", () => { var c = new Int32DataFrameColumn("a", new[] { 1, 2 }); var d = new DataFrame(c); c[0] = 9; return d[0, 0]; });
        yield return Line("case", () => { var d = new DataFrame(new Int32DataFrameColumn("A", new[] { 1 })); return d["a"]; });
        yield return Line("nan", () => Rows(new DataFrame(new DoubleDataFrameColumn("k", new[] { 2, double.NaN, 1 })).OrderBy("k")));
    }

    static string Line(string name, Func<object?> call)
    {
        try
        {
            return $"{name}: {Text(call())}";
        }
        catch (Exception error) when (error is not OutOfMemoryException)
        {
            return $"{name}: {error.GetType().Name}";
        }
    }

    static string Rows(DataFrame frame) => string.Join(" | ", frame.Rows.Select(row => string.Join(",", row.Select(Text))));

    static string Text(object? value) => Convert.ToString(value, CultureInfo.InvariantCulture) is { } text && value is not null ? text : "null";
}
