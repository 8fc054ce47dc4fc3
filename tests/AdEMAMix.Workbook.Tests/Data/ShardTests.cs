using System.Buffers.Binary;
using Xunit;

namespace AdEMAMix.Workbook.Tests;

public sealed class ShardTests : IDisposable
{
    readonly ShardFixture fixture = new();

    public void Dispose() => fixture.Dispose();

    static void Contains(string part, string message) => Assert.Contains(part, message, StringComparison.Ordinal);

    [Fact]
    public void Files_are_read_in_the_order_of_their_names_and_by_what_they_are_called()
    {
        fixture.Write("set_train_000002.bin", ShardFixture.Counting(700, 300));
        fixture.Write("set_train_000001.bin", ShardFixture.Counting(0, 700), header: true);
        fixture.Write("set_val_000000.bin", ShardFixture.Counting(5000, 50));
        var data = fixture.Load();
        Assert.Equal((1000, 50), (data.Training.Length, data.Validation.Length));
        Assert.Equal(ShardFixture.Counting(0, 1000), data.Training.Window(0, 1000).ToArray());
        Assert.Equal(ShardFixture.Counting(690, 20), data.Training.Window(690, 20).ToArray());
        Assert.Equal(ShardFixture.Counting(5000, 50), data.Validation.Window(0, 50).ToArray());
        Assert.True(data.IsOnDisk);
        Assert.Equal(50_000, data.Tokenizer.VocabularySize);
    }

    [Theory]
    [InlineData("part-1.bin", "part-2.bin")]
    [InlineData("interval_a.bin", "interval_b.bin")]
    [InlineData("train_1.bin", "train_2.bin")]
    public void Without_files_for_validation_the_end_is(string first, string second)
    {
        fixture.Write(first, ShardFixture.Counting(0, 600));
        fixture.Write(second, ShardFixture.Counting(600, 400));
        var data = fixture.Load();
        Assert.Equal((900, 100), (data.Training.Length, data.Validation.Length));
        Assert.Equal(ShardFixture.Counting(900, 100), data.Validation.Window(0, 100).ToArray());
        var part = data.Part(0.5, 1);
        Assert.Equal(ShardFixture.Counting(500, 450), part.Training.Window(0, 450).ToArray());
        Assert.Equal(ShardFixture.Counting(950, 50), part.Validation.Window(0, 50).ToArray());
    }

    [Fact]
    public void A_single_file_is_a_set()
    {
        var file = fixture.Write("anything.tokens", ShardFixture.Counting(0, 100));
        Assert.Equal((90, 10), (fixture.Load(path: file).Training.Length, fixture.Load(path: file).Validation.Length));
    }

    [Fact]
    public void Files_give_the_samples_of_the_same_tokens_in_memory()
    {
        var text = TextCorpus.OfText("text", File.ReadAllText(DataFixture.Fixture("prose.txt")));
        var memory = new TokenDataset(text, 0.1);
        memory.Write(fixture.Folder);
        var files = fixture.Load(vocabulary: null);
        Assert.Equal(memory.Tokenizer.VocabularySize, files.Tokenizer.VocabularySize);
        Assert.Equal(memory.Tokenizer.ToJson(), files.Tokenizer.ToJson());
        var (one, other) = (new WindowSampler(memory, 32, 4, seed: 3), new WindowSampler(files, 32, 4, seed: 3));
        for (var step = 0; step < 200; step++)
        {
            var (a, b, c, d) = (new long[128], new long[128], new long[128], new long[128]);
            one.Fill(step, a, b);
            other.Fill(step, c, d);
            Assert.Equal(a, c);
            Assert.Equal(b, d);
        }
        Assert.Equal(text.Text[..40], files.Tokenizer.Decode(files.Training.Window(0, 40)));
    }

    [Fact]
    public void More_than_two_to_the_31_tokens_are_numbered()
    {
        const long Tokens = 2_200_000_000;
        var file = Path.Combine(fixture.Folder, "train.bin");
        using (var stream = File.Create(file))
        {
            stream.SetLength(2 * Tokens); // a hole: it takes no room
            stream.Position = 2 * (Tokens - 3);
            stream.Write([1, 0, 2, 0, 3, 0]);
        }
        var data = fixture.Load();
        Assert.Equal(Tokens, data.Training.Length + data.Validation.Length);
        Assert.Equal([0, 1, 2, 3], data.Validation.Window(data.Validation.Length - 4, 4).ToArray());
        var sampler = new WindowSampler(data, 4, 1, seed: 1);
        Assert.Equal(data.Training.Length / 4 - 1, sampler.WindowsPerEpoch);
        Assert.InRange(Enumerable.Range(0, 64).Max(step => sampler.TrainingWindow(step, 0)), 1_500_000_000, data.Training.Length);
        Assert.Equal(data.Validation.Length - 5, sampler.ValidationWindow(9, 10));
    }

    [Fact]
    public void A_token_beyond_the_vocabulary_is_named_with_its_file_and_place()
    {
        var tokens = ShardFixture.Counting(0, 1000);
        tokens[7] = 50_001;
        fixture.Write("a.bin", ShardFixture.Counting(0, 500));
        fixture.Write("b.bin", tokens, header: true);
        var data = fixture.Load();
        _ = data.Training.Window(0, 507);
        var message = Assert.Throws<DataException>(() => data.Training.Window(490, 100)).Message;
        Contains("Token 50001 at position 7 of '", message);
        Contains("b.bin' is outside the vocabulary of 50,000", message);
        _ = fixture.Load(vocabulary: 50_002).Training.Window(490, 100);
    }

    [Fact]
    public void A_file_that_ends_in_mid_token_is_refused()
    {
        fixture.Write("train.bin", new byte[201]);
        Contains("ends in mid-token: 201 bytes", fixture.Refusal());
    }

    [Theory]
    [InlineData(1024 + 199, "is cut short: 1,223 bytes where its header promises 100 tokens, 1,224 bytes")]
    [InlineData(1024 + 300, "is longer than its header says: 1,324 bytes where 100 tokens take 1,224")]
    [InlineData(500, "ends within its header, after 500 of 1,024 bytes")]
    public void A_length_that_is_not_what_the_header_says_is_refused(int length, string message)
    {
        var bytes = new byte[length];
        TokenFile.Header(100).AsSpan(0, Math.Min(length, 1024)).CopyTo(bytes);
        fixture.Write("train.bin", bytes);
        Contains(message, fixture.Refusal());
    }

    [Theory]
    [InlineData(20240801, 7, "holds tokens of 32 bits")]
    [InlineData(20240326, 3, "whose magic is 20240326, not 20240520")]
    [InlineData(20240520, 2, "has version 2 of llm.c's format")]
    public void Another_kind_of_header_is_refused(int magic, int version, string message)
    {
        var bytes = new byte[2024];
        foreach (var (i, word) in new[] { magic, version, 500 }.Index()) BinaryPrimitives.WriteInt32LittleEndian(bytes.AsSpan(4 * i), word);
        fixture.Write("train.bin", bytes);
        Contains(message, fixture.Refusal());
    }

    [Fact]
    public void Empty_missing_and_unreadable_files_are_refused()
    {
        Contains("There is no token file or folder", fixture.Refusal(path: Path.Combine(fixture.Folder, "none")));
        Contains("holds no .bin file of tokens", fixture.Refusal());
        var file = fixture.Write("train.bin", Array.Empty<byte>());
        Contains("is empty", fixture.Refusal());
        fixture.Write("train.bin", TokenFile.Header(0));
        Contains("says in its header that it holds 0 tokens", fixture.Refusal());
        File.Delete(file);
        File.CreateSymbolicLink(file, Path.Combine(fixture.Folder, "nowhere"));
        Contains("cannot be read", fixture.Refusal());
    }

    [Fact]
    public void Names_that_cannot_be_told_apart_are_refused()
    {
        fixture.Write("val.bin", ShardFixture.Counting(0, 100));
        Contains("for validation only", fixture.Refusal());
        fixture.Write("train.bin", ShardFixture.Counting(0, 100));
        fixture.Write("test.bin", ShardFixture.Counting(0, 100));
        Contains("'test.bin', which is called neither", fixture.Refusal());
    }

    [Fact]
    public void An_unknown_vocabulary_is_asked_for()
    {
        fixture.Write("train.bin", ShardFixture.Counting(0, 100));
        Contains("set data.vocabulary, for GPT-2's tokens to 50257", fixture.Refusal(vocabulary: null));
        Assert.Throws<DataException>(() => fixture.Load().Tokenizer.Decode([1]));
    }

    [Fact]
    public void A_model_may_have_more_tokens_than_the_tokenizer_but_not_fewer()
    {
        var text = new TokenDataset(TextCorpus.OfText("text", new string('a', 50) + "bcd"), 0.1);
        text.Write(fixture.Folder);
        Assert.Equal(64, fixture.Load(vocabulary: 64).Tokenizer.VocabularySize);
        Contains("data.vocabulary is 3, but", Assert.Throws<ConfigException>(() => fixture.Load(vocabulary: 3)).Message);
    }

    [Fact]
    public void The_content_hash_shows_that_files_were_changed()
    {
        var tokens = ShardFixture.Counting(0, 100_000);
        var hashes = new HashSet<string>();
        void Differs() => Assert.True(hashes.Add(fixture.Load().ContentHash));

        fixture.Write("train_1.bin", tokens);
        fixture.Write("train_2.bin", tokens.AsSpan(0, 5000));
        Differs();
        var first = fixture.Load().ContentHash;
        fixture.Write("train_2.bin", tokens.AsSpan(0, 5001));
        Differs();
        fixture.Write("train_2.bin", tokens.AsSpan(1, 5000));
        Differs();
        File.Move(Path.Combine(fixture.Folder, "train_2.bin"), Path.Combine(fixture.Folder, "train_0.bin"));
        Differs();
        File.Move(Path.Combine(fixture.Folder, "train_0.bin"), Path.Combine(fixture.Folder, "val.bin"));
        Differs();
        File.Delete(Path.Combine(fixture.Folder, "val.bin"));
        fixture.Write("train_2.bin", tokens.AsSpan(0, 5000));
        Assert.Equal(first, fixture.Load().ContentHash);
        tokens[77_777]++; // within the blocks: small files are hashed whole
        fixture.Write("train_1.bin", tokens);
        Differs();
    }

    [Fact]
    public void A_file_that_is_cut_while_it_is_read_is_an_error_and_no_crash()
    {
        var file = fixture.Write("train.bin", ShardFixture.Counting(0, 40_000));
        var data = fixture.Load();
        _ = data.Training.Window(30_000, 100);
        using (var stream = new FileStream(file, FileMode.Open, FileAccess.Write, FileShare.ReadWrite)) stream.SetLength(1000);
        Contains("was changed while it was being read", Assert.Throws<DataException>(() => data.Training.Window(30_000, 100)).Message);
    }

    [Fact]
    public void A_run_on_other_files_does_not_go_on_from_the_checkpoint()
    {
        fixture.Write("train.bin", [.. Enumerable.Range(0, 2000).Select(i => (ushort)(i * i % 31))]);
        var config = SmallRun.Config with { Data = fixture.Config(vocabulary: 31) };
        var checkpoint = Path.Combine(fixture.Paths.Root, "run.safetensors");
        using (var stopped = new CancellationTokenSource())
        using (var trainer = new Trainer(config, fixture.Load(31)))
            trainer.Train(checkpoint, onStep: t =>
            {
                if (t.Step == 10) stopped.Cancel();
            }, cancellation: stopped.Token);
        using var whole = new Trainer(config, fixture.Load(31));
        whole.Train();
        using var resumed = new Trainer(config, fixture.Load(31));
        resumed.Resume(checkpoint);
        resumed.Train();
        Assert.Equal(whole.ParametersSha256, resumed.ParametersSha256);

        fixture.Write("train.bin", [.. Enumerable.Range(1, 2000).Select(i => (ushort)(i * i % 31))]);
        using var other = new Trainer(config, fixture.Load(31));
        Assert.Throws<CheckpointException>(() => other.Resume(checkpoint));
    }
}
