using Xunit;

namespace AdEMAMix.Workbook.Tests;

public sealed class RStringTableTests
{
    static byte[] Novels => File.ReadAllBytes(DataFixture.Fixture("novels.rdb"));

    [Fact]
    public void Vectors_of_both_versions_and_all_three_encodings_are_read()
    {
        var vectors = RStringTable.Read(Novels);
        Assert.Equal(2, vectors.Count);
        Assert.Equal(["EMMA", "", "It is a truth universally acknowledged, that a single man in possession"], vectors[0].Take(3));
        Assert.Equal(["SENSE", "worth £10,000", "a café"], vectors[1].Take(3));
    }

    [Fact]
    public void No_truncation_is_taken_for_a_whole_file()
    {
        var bytes = Novels;
        var whole = 0;
        for (var length = 1; length < bytes.Length; length++)
        {
            try
            {
                Assert.Single(RStringTable.Read(bytes.AsMemory(0, length))); // cut exactly between the two objects
                whole++;
            }
            catch (DataException)
            {
            }
        }
        Assert.Equal(1, whole);
    }

    [Fact]
    public void Another_kind_of_object_is_refused() =>
        Assert.Throws<DataException>(() => RStringTable.Read(new byte[] { 0, 0, 0, 4 }.Concat(Zlib("A\n12"u8)).ToArray()));

    static byte[] Zlib(ReadOnlySpan<byte> bytes)
    {
        using var target = new MemoryStream();
        using (var zlib = new System.IO.Compression.ZLibStream(target, System.IO.Compression.CompressionLevel.Optimal)) zlib.Write(bytes);
        return target.ToArray();
    }
}
