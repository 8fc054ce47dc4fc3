// Tensors and modules of TorchSharp, whichever assembly they come from: found by name, asked late, so that no reference is needed.
using System.Collections;
using System.Globalization;
using System.Net;
using System.Runtime.CompilerServices;
using System.Text;

namespace AdEMAMix.Notebooks;

static class TensorDisplay
{
    const long MostRows = 6, MostColumns = 8;

    /// <summary>The forms of a tensor or a module; null for anything else.</summary>
    public static MimeBundle? Of(object value) => value switch
    {
        _ when Is(value, "TorchSharp.torch+Tensor") => OfTensor(value),
        _ when Is(value, "TorchSharp.torch+nn+Module") => OfModule(value),
        _ => null,
    };

    static bool Is(object value, string name)
    {
        for (var type = value.GetType(); type is not null; type = type.BaseType)
            if (type.FullName == name) return true;
        return false;
    }

    static string Headline(dynamic tensor)
    {
        string name = PlainText.TypeName(((object)tensor).GetType());
        if (tensor.IsInvalid) return $"{name}, disposed";
        long[] shape = tensor.shape;
        return $"{name} {Shape(shape)}, {tensor.dtype}, {tensor.device}{(tensor.requires_grad ? ", requires_grad" : "")}";
    }

    static MimeBundle OfTensor(dynamic tensor)
    {
        string headline = Headline(tensor);
        if (tensor.IsInvalid) return new MimeBundle(("text/plain", headline));
        long[] shape = tensor.shape;
        (string[] values, int columns) = ((string[], int))Values(tensor, shape);
        if (values.Length == 0) return new MimeBundle(("text/plain", headline));
        var (rows, partly) = (values.Length / columns, values.Length < Count(shape));
        var lines = Enumerable.Range(0, rows).Select(i => string.Join("  ", values[(i * columns)..((i + 1) * columns)])).ToList();
        var note = !partly ? null : shape.Length <= 2 ? $"... of {Count(shape).ToString("N0", CultureInfo.InvariantCulture)} values" : $"... the first of {Count(shape).ToString("N0", CultureInfo.InvariantCulture)} values";
        var html = new StringBuilder($"<p style=\"margin:0 0 4px\"><strong>{WebUtility.HtmlEncode(headline)}</strong></p>\n<table style=\"border-collapse:collapse;font-variant-numeric:tabular-nums\"><tbody>\n");
        for (var i = 0; i < rows; i++)
            html.Append("<tr>").AppendJoin("", values[(i * columns)..((i + 1) * columns)].Select(v => $"<td align=\"right\" style=\"text-align:right;padding:1px 8px\">{v.Trim()}</td>")).Append("</tr>\n");
        html.Append("</tbody></table>");
        if (note is not null) html.Append("\n<p style=\"margin:2px 8px;opacity:0.7\">").Append(note).Append("</p>");
        return new MimeBundle(("text/html", html.ToString()), ("text/plain", string.Join("\n", [headline, .. lines, .. note is null ? Array.Empty<string>() : [note]])));
    }

    /// <summary>The upper left corner of a vector or matrix, the first values of what has more dimensions.</summary>
    static (string[] Values, int Columns) Values(dynamic tensor, long[] shape)
    {
        string dtype = tensor.dtype.ToString();
        if (Count(shape) == 0 || dtype.StartsWith("Complex", StringComparison.Ordinal)) return ([], 1);
        var whole = dtype.StartsWith("Int", StringComparison.Ordinal) || dtype is "Byte" or "Bool";
        // Each step makes a tensor; they go at once and not when the collector comes.
        var made = new List<IDisposable>();
        try
        {
            dynamic part = Keep(tensor.detach());
            if (shape.Length > 2) part = Keep(part.reshape(new long[] { -1 }));
            long rows = shape.Length == 2 ? Math.Min(shape[0], MostRows) : 1, columns = shape.Length == 0 ? 1 : Math.Min(shape.Length > 2 ? Count(shape) : shape[^1], MostColumns);
            if (shape.Length == 2) part = Keep(part.narrow(0L, 0L, rows));
            if (shape.Length > 0) part = Keep(part.narrow(shape.Length == 2 ? 1L : 0L, 0L, columns));
            part = Keep(part.to_type((dynamic)Enum.Parse(((object)tensor.dtype).GetType(), "Float64")));
            part = Keep(part.cpu());
            part = Keep(part.contiguous());
            var texts = ((IEnumerable<double>)part.data<double>()).Select(x => dtype == "Bool" ? (x != 0 ? "true" : "false") : x.ToString(whole ? "F0" : "G5", CultureInfo.InvariantCulture)).ToArray();
            var width = texts.Max(text => text.Length);
            return ([.. texts.Select(text => text.PadLeft(width))], (int)columns);
        }
        finally
        {
            foreach (var one in made) one.Dispose();
        }

        dynamic Keep(dynamic one)
        {
            // Some steps give the tensor itself.
            if (!ReferenceEquals(one, tensor)) made.Add((IDisposable)one);
            return one;
        }
    }

    static MimeBundle OfModule(dynamic module)
    {
        var layers = new Dictionary<string, (List<string> Tensors, long Count)>();
        var (all, trained, bytes) = (0L, 0L, 0L);
        foreach (var item in (IEnumerable)module.named_parameters())
        {
            var pair = (ITuple)item;
            var (path, parameter) = ((string)pair[0]!, (dynamic)pair[1]!);
            long[] shape = parameter.shape;
            var dot = path.LastIndexOf('.');
            var layer = dot < 0 ? "" : path[..dot];
            var (tensors, count) = layers.GetValueOrDefault(layer, ([], 0));
            tensors.Add($"{path[(dot + 1)..]} {Shape(shape)}");
            layers[layer] = (tensors, count + Count(shape));
            all += Count(shape);
            bytes += Count(shape) * (long)parameter.ElementSize;
            if (parameter.requires_grad) trained += Count(shape);
        }
        var headline = FormattableString.Invariant($"{PlainText.TypeName(((object)module).GetType())}: {all:N0} parameters{(trained == all ? "" : $", {trained:N0} of them trained")}, {(bytes >= 1 << 20 ? bytes / 1048576.0 : bytes / 1024.0):0.0} {(bytes >= 1 << 20 ? "MiB" : "KiB")}");
        if (layers.Count == 0) return new MimeBundle(("text/plain", headline));
        var table = ValueTable.OfCollection(layers.Select(layer => new { Layer = layer.Key.Length == 0 ? "(own)" : layer.Key, Parameters = layer.Value.Count, Tensors = string.Join(", ", layer.Value.Tensors) }).ToList())!;
        return new MimeBundle(("text/html", $"<p style=\"margin:0 0 4px\"><strong>{WebUtility.HtmlEncode(headline)}</strong></p>\n{ValueHtml.Of(table)}"), ("text/plain", $"{headline}\n{table.ToText()}"));
    }

    static long Count(long[] shape) => shape.Aggregate(1L, (product, size) => product * size);

    static string Shape(long[] shape) => shape.Length == 0 ? "(scalar)" : string.Join(" x ", shape.Select(size => size.ToString(CultureInfo.InvariantCulture)));
}
