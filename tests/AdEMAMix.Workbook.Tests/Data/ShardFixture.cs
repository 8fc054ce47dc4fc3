using System.Runtime.InteropServices;

namespace AdEMAMix.Workbook.Tests;

/// <summary>Token files in a temporary folder.</summary>
sealed class ShardFixture : IDisposable
{
    readonly TemporaryFolder folder = new();

    public ShardFixture() => Directory.CreateDirectory(Folder);

    public WorkbookPaths Paths => new(folder.Path);

    public string Folder => folder["shards"];

    /// <summary>Token i is i modulo 50,000, so that a window shows where it comes from.</summary>
    public static ushort[] Counting(int start, int length) => [.. Enumerable.Range(start, length).Select(i => (ushort)(i % 50_000))];

    public string Write(string name, ReadOnlySpan<ushort> tokens, bool header = false) =>
        Write(name, [.. header ? TokenFile.Header(tokens.Length) : [], .. MemoryMarshal.AsBytes(tokens)]);

    public string Write(string name, byte[] bytes)
    {
        var file = Path.Combine(Folder, name);
        File.WriteAllBytes(file, bytes);
        return file;
    }

    public DataConfig Config(int? vocabulary = 50_000, string? path = null) => new() { Source = DataConfig.ShardsSource, Path = path ?? Folder, Vocabulary = vocabulary, ValidationFraction = 0.1 };

    public TokenDataset Load(int? vocabulary = 50_000, string? path = null) => TokenDataset.Load(Config(vocabulary, path), Paths);

    public string Refusal(int? vocabulary = 50_000, string? path = null) => Xunit.Assert.Throws<DataException>(() => Load(vocabulary, path)).Message;

    public void Dispose() => folder.Dispose();
}
