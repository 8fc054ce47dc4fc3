using Xunit;

namespace AdEMAMix.Workbook.Tests;

public sealed class CheckpointTests : IDisposable
{
    static readonly RunConfig Ten = SmallRun.Config with { Training = SmallRun.Config.Training with { Steps = 10 } };

    readonly TemporaryFolder folder = new();

    public CheckpointTests() => Train();

    string CheckpointFile => folder["run.safetensors"];

    public void Dispose() => folder.Dispose();

    void Train()
    {
        using var trainer = new Trainer(Ten, SmallRun.Text);
        trainer.Train(CheckpointFile);
    }

    CheckpointException Refused(RunConfig config)
    {
        using var trainer = new Trainer(config, SmallRun.Text);
        var error = Assert.Throws<CheckpointException>(() => trainer.Resume(CheckpointFile));
        Assert.Contains(CheckpointFile, error.Message);
        return error;
    }

    [Fact]
    public void It_holds_parameters_moments_and_the_run()
    {
        var state = Checkpoint.ReadState(CheckpointFile)!;
        Assert.Equal((Ten.RunId, 10), (state.RunId, state.Step));
        Assert.Equal(((CharacterTokenizer)SmallRun.Text.Tokenizer).Symbols, CharacterTokenizer.FromJson(state.Tokenizer).Symbols);
        using var stream = File.OpenRead(CheckpointFile);
        var contents = SafeTensors.Open(stream);
        Assert.Contains("head.weight", contents.Names);
        Assert.Contains("optimizer.exp_avg_slow.head.weight", contents.Names);
        Assert.Contains("blocks.0.queryKeyValue.weight", contents.Names);
    }

    [Fact]
    public void Its_bytes_are_a_safetensors_file()
    {
        // Read here by the format's definition, not by the class that wrote it.
        var bytes = File.ReadAllBytes(CheckpointFile);
        var length = (int)BitConverter.ToInt64(bytes, 0);
        using var header = System.Text.Json.JsonDocument.Parse(bytes.AsMemory(8, length));
        var norm = header.RootElement.GetProperty("norm.weight");
        Assert.Equal("F32", norm.GetProperty("dtype").GetString());
        Assert.Equal(16, norm.GetProperty("shape")[0].GetInt32());
        var end = header.RootElement.EnumerateObject().Where(p => p.Name != "__metadata__").Max(p => p.Value.GetProperty("data_offsets")[1].GetInt32());
        Assert.Equal(bytes.Length, 8 + length + end);
    }

    [Fact]
    public void A_checkpoint_of_another_configuration_is_refused()
    {
        var other = Ten with { InitSeed = 77 };
        var error = Refused(other);
        Assert.Contains(Ten.RunId, error.Message);
        Assert.Contains(other.RunId, error.Message);
    }

    [Fact]
    public void A_checkpoint_of_another_text_is_refused()
    {
        var other = TextCorpus.OfText("other", File.ReadAllText(SmallRun.TextFile).ToUpperInvariant());
        using var trainer = new Trainer(Ten, new TokenDataset(other, 0.1));
        Assert.Contains("another text", Assert.Throws<CheckpointException>(() => trainer.Resume(CheckpointFile)).Message);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(100)]
    [InlineData(-1)]
    public void A_checkpoint_cut_short_is_refused(int length)
    {
        var bytes = File.ReadAllBytes(CheckpointFile);
        File.WriteAllBytes(CheckpointFile, bytes[..(length < 0 ? bytes.Length + length : length)]);
        Assert.Contains("cut short", Refused(Ten).Message);
    }

    [Fact]
    public void A_flipped_bit_is_found_by_the_hash()
    {
        var bytes = File.ReadAllBytes(CheckpointFile);
        bytes[^1000] ^= 1;
        File.WriteAllBytes(CheckpointFile, bytes);
        Assert.Contains("hash", Refused(Ten).Message);
    }

    [Fact]
    public void A_file_that_is_something_else_is_refused()
    {
        File.WriteAllText(CheckpointFile, "not a checkpoint, but long enough to have a header");
        Refused(Ten);
    }

    [Fact]
    public void A_full_disk_leaves_the_old_checkpoint()
    {
        Assert.SkipUnless(File.Exists("/dev/full"), "this system has no /dev/full");
        var before = File.ReadAllBytes(CheckpointFile);
        File.CreateSymbolicLink(CheckpointFile + ".tmp", "/dev/full");
        using var trainer = new Trainer(Ten, SmallRun.Text);
        var error = Assert.Throws<CheckpointException>(() => trainer.Train(CheckpointFile));
        Assert.Contains("disk is full", error.Message);
        Assert.Equal(before, File.ReadAllBytes(CheckpointFile));
        using var again = new Trainer(Ten, SmallRun.Text);
        again.Resume(CheckpointFile);
        Assert.Equal(10, again.Step);
    }

    [Fact]
    public void What_a_killed_writer_left_beside_it_does_not_matter()
    {
        File.WriteAllText(CheckpointFile + ".tmp", "half a checkp");
        Train();
        Assert.False(File.Exists(CheckpointFile + ".tmp"));
        using var trainer = new Trainer(Ten, SmallRun.Text);
        trainer.Resume(CheckpointFile);
    }
}
