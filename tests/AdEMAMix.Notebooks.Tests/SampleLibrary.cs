// A library as a notebook references one: two assemblies compiled into a folder, one using the other, with a type that shows itself.
using Microsoft.CodeAnalysis;
using Microsoft.CodeAnalysis.CSharp;

namespace AdEMAMix.Notebooks.Tests;

/// <summary>A folder with Sample.dll and Sample.Parts.dll. <paramref name="mark"/> is compiled in, so that a test can tell copies apart.</summary>
sealed class SampleLibrary : IDisposable
{
    const string Parts = """
        namespace Sample.Parts;
        public static class Mark { public const string Text = "MARK"; public static string Read() => Text; public static int Loads = 0; }
        public class Part { public int Size => 7; }
        """;

    const string Main = """
        using System; using System.Collections.Generic; using System.IO;
        namespace Sample;
        [AttributeUsage(AttributeTargets.Class)]
        class TypeFormatterSourceAttribute : Attribute
        {
            public TypeFormatterSourceAttribute(Type source) => FormatterSourceType = source;
            public Type FormatterSourceType { get; }
            public string[] PreferredMimeTypes { get; set; } = [];
        }
        class ChartSource
        {
            public IEnumerable<object> CreateTypeFormatters() { yield return new Html(); yield return new Json(); yield return new Never(); }
            class Html { public string MimeType => "text/html"; public bool Format(object value, TextWriter writer) { writer.Write($"<p>{((Chart)value).Title}\n{((Chart)value).Height}</p>"); return true; } }
            class Json { public string MimeType => "application/vnd.plotly.v1+json"; public bool Format(object value, TextWriter writer) { writer.Write("{\"layout\":{\"height\":" + System.Text.Json.JsonSerializer.Serialize(((Chart)value).Height) + "},\"data\":[]}"); return true; } }
            class Never { public string MimeType => "image/png"; public bool Format(object value, TextWriter writer) => false; }
        }
        [TypeFormatterSource(typeof(ChartSource), PreferredMimeTypes = ["text/html", "application/vnd.plotly.v1+json", "image/png"])]
        public class Chart { public string Title { get; init; } = "t"; public double Height { get; init; } = 1.5; }
        public class SpecialChart : Chart { }
        public static class Api
        {
            public static string Mark() => Sample.Parts.Mark.Read();
            public static Sample.Parts.Part Part() => new();
            public static void Fail() => throw new InvalidOperationException("the library gave up");
            public static int Native() => answer();
            [System.Runtime.InteropServices.DllImport("sample_native")] static extern int answer();
        }
        """;

    public SampleLibrary(string mark, string? folder = null)
    {
        Folder = folder ?? Directory.CreateTempSubdirectory("notebook-library-").FullName;
        Directory.CreateDirectory(Folder);
        var parts = Compile("Sample.Parts", Parts.Replace("\"MARK\"", $"\"{mark}\""), []);
        Compile("Sample", Main, [parts]);
    }

    public string Folder { get; }

    public string Path => System.IO.Path.Combine(Folder, "Sample.dll");

    public void Dispose() => Directory.Delete(Folder, recursive: true);

    /// <summary>The image of a library of one file.</summary>
    public static byte[] Compile(string name, string code)
    {
        using var image = new MemoryStream();
        Emit(name, code, [], image);
        return image.ToArray();
    }

    string Compile(string name, string code, string[] references)
    {
        var path = System.IO.Path.Combine(Folder, name + ".dll");
        using var file = File.Create(path);
        Emit(name, code, references, file);
        return path;
    }

    static void Emit(string name, string code, string[] references, Stream image)
    {
        var framework = ((string)AppContext.GetData("TRUSTED_PLATFORM_ASSEMBLIES")!).Split(System.IO.Path.PathSeparator).Where(p => System.IO.Path.GetFileName(p).StartsWith("System.", StringComparison.Ordinal));
        var result = CSharpCompilation.Create(name, [CSharpSyntaxTree.ParseText(code)], framework.Concat(references).Select(p => MetadataReference.CreateFromFile(p)),
            new CSharpCompilationOptions(OutputKind.DynamicallyLinkedLibrary)).Emit(image);
        Assert.True(result.Success, string.Join('\n', result.Diagnostics));
    }
}
