using System.Runtime.InteropServices;
using Xunit;

namespace AdEMAMix.Workbook.Tests;

/// <summary>Runs on folders of texts, of images and of tokens that each test makes, and what a reader gets wrong about them.</summary>
public sealed class OwnRunTests : IDisposable
{
    const string Prose = "It was a fine morning, and the walkers set out early; the valley lay in fog, and none of them could see the road. ";

    static readonly WorkbookPaths Paths = WorkbookPaths.Find();
    static readonly OwnRunOptions Small = new() { Model = new ModelConfig { Layers = 1, Width = 16, Heads = 2, Context = 16 }, BatchSize = 4 };

    readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    OwnRun Of(string path, OwnRunOptions? options = null, MachineRoom? room = null, int steps = 4) => new(path, steps, [1, 2], options ?? Small, Paths, room);

    string Refusal(string path, OwnRunOptions? options = null) => Assert.Throws<DataException>(() => Of(path, options)).Message;

    async Task<IReadOnlyList<RunRecord>> TrainAsync(OwnRun own)
    {
        using var store = RunStore.Open(folder["runs.db"]);
        return await new LabSession(own.Plan, store, Paths, () => WorkerProcess.Command).RunAsync(default);
    }

    string Texts(int files = 3)
    {
        for (var i = 0; i < files; i++) Write($"texts/{i}.txt", string.Concat(Enumerable.Repeat(Prose, 4 + i)));
        return folder["texts"];
    }

    void Write(string name, string text) => Write(name, System.Text.Encoding.UTF8.GetBytes(text));

    void Write(string name, byte[] bytes)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(folder[name])!);
        File.WriteAllBytes(folder[name], bytes);
    }

    string Images(int perClass = 12, params string[] classes)
    {
        foreach (var (height, label) in classes.Length > 0 ? classes.Select(c => (8, c)) : [(8, "dark"), (8, "light")])
            for (var i = 0; i < perClass; i++) Write($"images/{label}/{i:00}.png", Png.Grey(8, height));
        return folder["images"];
    }

    string Shard(string name, int tokens = 2000)
    {
        Write($"shards/{name}", MemoryMarshal.AsBytes<ushort>([.. Enumerable.Range(0, tokens).Select(i => (ushort)(i * i % 50))]).ToArray());
        return folder["shards"];
    }

    [Fact]
    public async Task A_folder_of_texts_is_found_planned_trained_and_compared()
    {
        var own = Of(Texts());
        Assert.Equal(OwnKind.Text, own.Kind);
        Assert.Contains("text, read character by character", own.Found.ToString());
        Assert.Equal(["AdamW", "AdEMAMix", "AdamW", "AdEMAMix"], own.Plan.Runs.Select(r => r.Optimizer.Kind));
        Assert.Equal([1, 1, 2, 2], own.Plan.Runs.Select(r => r.InitSeed));
        var runs = await TrainAsync(own);
        Assert.All(runs, r => Assert.Equal(RunState.Finished, r.State));
        var report = own.Compare(runs);
        var losses = (Table)report.Parts[0];
        Assert.Equal("Validation loss after 4 steps, nats per character", losses.Caption);
        Assert.All(losses.Rows, r => Assert.Equal((double)r[2]! - (double)r[1]!, (double)r[3]!, 1e-12));
        Assert.Contains("fewer than 3 seeds bear no claim", report.ToString());
        Assert.Contains("AdEMAMix ends", own.Losses(runs).Description);
    }

    [Fact]
    public async Task A_folder_of_images_is_found_trained_and_compared_by_loss_and_accuracy()
    {
        var own = Of(Images());
        Assert.Equal(OwnKind.Images, own.Kind);
        Assert.Contains("2: dark, light", own.Found.ToString());
        var runs = await TrainAsync(own);
        Assert.All(runs, r => Assert.Equal(RunState.Finished, r.State));
        Assert.Equal(["validation loss", "validation accuracy"], ((Table)own.Compare(runs).Parts[1]).Rows.Select(r => (string)r[0]!));
        Assert.Contains("nats per image", own.Compare(runs).ToString());
    }

    [Fact]
    public async Task A_nanoGPT_shard_is_found_and_trained_with_the_vocabulary_that_is_given()
    {
        Shard("train.bin");
        var own = Of(Shard("val.bin", 300), Small with { Vocabulary = 50 });
        Assert.Equal(OwnKind.Shards, own.Kind);
        Assert.Contains("nanoGPT's format", own.Found.ToString());
        Assert.Equal(50, own.Plan.EstimateOf(own.Plan.Runs[0]).Vocabulary);
        Assert.All(await TrainAsync(own), r => Assert.Equal(RunState.Finished, r.State));
        Assert.Equal(OwnKind.Shards, Of(Path.Combine(folder["shards"], "train.bin"), Small with { Vocabulary = 50 }).Kind);
    }

    [Fact]
    public void Data_that_changed_are_other_runs_and_a_run_that_was_planned_before_is_refused()
    {
        var before = Of(Texts()).Plan.Runs[0];
        Write("texts/2.txt", Prose + "And then the fog was gone.");
        var after = Of(folder["texts"]).Plan.Runs[0];
        Assert.NotEqual(before.RunId, after.RunId);
        Write("run.json", before.ToJson());
        var message = Assert.Throws<DataException>(() => TrainWorker.Run(folder["run.json"], folder["runs.db"], output: TextWriter.Null)).Message;
        Assert.Contains(before.Data.Sha256!, message);
        Assert.Contains("remove data.sha256", message);
        Write("run.json", (before with { Data = before.Data with { Sha256 = null } }).ToJson());
        Assert.Equal(0, TrainWorker.Run(folder["run.json"], folder["runs.db"], output: TextWriter.Null));
    }

    [Fact]
    public void What_is_proposed_comes_with_reasons_and_warnings()
    {
        var own = Of(Texts(), Small, steps: 400);
        var (adamW, mix) = (own.Plan.Runs[0].Optimizer, own.Plan.Runs[1].Optimizer);
        Assert.Equal(0.016, adamW.LearningRate);
        Assert.Equal((0.008, 4, 0.98, 400, 400), (mix.LearningRate, mix.Alpha, mix.Beta3, mix.AlphaWarmup, mix.Beta3Warmup));
        var proposal = own.Proposal.ToString();
        Assert.Contains("beta3 = 0.98: the slow average spans about 50 steps", proposal);
        Assert.Contains("AdamW's learning rate = 0.016", proposal);
        Assert.Contains("2 seeds: at least 3 bear a claim", proposal);
        Assert.Contains("times: training loss goes on falling", proposal);
        Assert.Equal(0.002, Of(Texts(), Small with { LearningRate = 0.002 }).Plan.Runs[0].Optimizer.LearningRate);
    }

    [Fact]
    public void The_verdict_says_no_more_than_its_seeds()
    {
        var own = new OwnRun(Texts(), 4, [1, 2, 3, 4], Small, Paths, null);
        Assert.Contains("nothing to compare", own.Verdict([]).ToString());
        Assert.Contains("'texts', after 4 steps, AdEMAMix's validation loss was lower", own.Verdict(Runs(-0.10, -0.11, -0.12, -0.10)).ToString());
        Assert.Contains("Inconclusive: no difference of validation loss was shown", own.Verdict(Runs(-0.10, 0.11, -0.12, 0.10)).ToString());
        Assert.Contains("2 missing runs", own.Verdict(Runs(-0.10, -0.11, -0.12)).ToString());

        List<RunRecord> Runs(params double[] differences) => [.. differences.SelectMany((d, i) => own.Plan.Runs.Skip(2 * i).Take(2)
            .Select(c => new RunRecord { Id = c.RunId, Config = c, State = RunState.Finished, Step = 4, Result = new(c.Optimizer.Kind == "AdamW" ? 2 : 2 + d, 2, 256, 1, 1, 1, new string('a', 64)) }))];
    }

    [Fact]
    public void Binary_texts_are_named_and_left_out_only_on_request()
    {
        Texts();
        Write("texts/photo.txt", [0xff, 0xd8, 0, 1, 2]);
        Write("texts/zero.txt", [65, 0, 66]);
        File.CreateSymbolicLink(folder["texts/gone.txt"], folder["nowhere.txt"]);
        var message = Refusal(folder["texts"]);
        Assert.Contains("3 files of 6", message);
        foreach (var name in (string[])["photo.txt", "zero.txt", "gone.txt", "SkipBroken"]) Assert.Contains(name, message);

        var own = Of(folder["texts"], Small with { SkipBroken = true });
        Assert.Contains("3 of 6", own.Found.ToString());
        Assert.Contains("photo.txt", own.Found.ToString());
        // What workers read is the same text without those files.
        Assert.Equal(TokenDataset.Load(Of(Clean()).Plan.Runs[0].Data, Paths).ContentHash, TokenDataset.Load(own.Plan.Runs[0].Data, Paths).ContentHash);

        string Clean()
        {
            foreach (var name in (string[])["photo", "zero", "gone"]) File.Delete(folder[$"texts/{name}.txt"]);
            return folder["texts"];
        }
    }

    [Fact]
    public void A_folder_where_no_text_can_be_read_is_refused_even_so()
    {
        Write("texts/a.txt", [0]);
        Write("texts/b.txt", [0]);
        Assert.Contains("2 files of 2", Refusal(folder["texts"], Small with { SkipBroken = true }));
        Assert.Contains("not UTF-8 text", Refusal(Path.Combine(folder["texts"], "a.txt")));
    }

    [Fact]
    public void A_path_that_holds_nothing_or_several_kinds_is_refused()
    {
        Directory.CreateDirectory(folder["empty"]);
        Assert.Contains("is empty: put .txt files", Refusal(folder["empty"]));
        Assert.Contains("There is no file or folder", Refusal(folder["missing"]));
        Assert.Contains("The path is empty", Refusal(" "));
        Write("notes/a.md", "x");
        Assert.Contains("holds 1 file, but no .txt", Refusal(folder["notes"]));
        Images();
        Write("images/readme.txt", Prose);
        Assert.Contains("1 .txt files and 24 images: name a folder of one kind, or set Kind to Text or Images", Refusal(folder["images"]));
        Assert.Equal(OwnKind.Images, Of(folder["images"], Small with { Kind = OwnKind.Images }).Kind);
        Assert.Contains("is one image", Refusal(folder["images/dark/00.png"]));
        Write("short.txt", "abc");
        Assert.Contains("tokens, but a context of 16", Refusal(folder["short.txt"]));
    }

    [Fact]
    public void Shards_with_a_wrong_header_or_without_a_vocabulary_are_refused()
    {
        var header = TokenFile.Header(10);
        header[0]++;
        Write("wrong/train.bin", [.. header, .. new byte[20]]);
        Assert.Contains("header whose magic is", Refusal(folder["wrong"], Small with { Vocabulary = 50 }));
        Assert.Contains("vocabulary", Refusal(Shard("train.bin")));
    }

    [Fact]
    public void Images_of_one_class_of_mixed_sizes_or_broken_are_refused_with_the_remedy()
    {
        Assert.Contains("of one class, 'only'", Refusal(Images(3, "only")));
        Images();
        Write("images/only/99.png", Png.Grey(4, 4));
        Assert.Contains(": set Size to", Refusal(folder["images"]));
        Assert.Contains("4 x 4", Of(folder["images"], Small with { Size = 4 }).Found.ToString());
        Write("images/dark/99.png", [1, 2, 3]);
        foreach (var part in (string[])["99.png' is neither PNG nor JPEG", "set SkipBroken to"]) Assert.Contains(part, Refusal(folder["images"], Small with { Size = 4 }));
        Assert.Contains("Skipped: 'dark/99.png'", Of(folder["images"], Small with { Size = 4, SkipBroken = true }).Found.ToString());
        Directory.CreateDirectory(folder["none/a"]);
        Assert.Contains("is empty", Refusal(folder["none"]));
        Assert.Contains("holds no image", Refusal(folder["none"], Small with { Kind = OwnKind.Images }));
    }

    [Fact]
    public void Labels_that_are_no_class_are_refused()
    {
        foreach (var (part, count) in new[] { ("train", 4), ("t10k", 2) })
        {
            Write($"idx/{part}-images-idx3-ubyte", SmallImages.Idx(new byte[count * 4], count, 2, 2));
            Write($"idx/{part}-labels-idx1-ubyte", SmallImages.Idx([.. Enumerable.Range(0, count).Select(i => (byte)(part == "train" ? i % 2 : 7))], count));
        }
        Assert.Contains("holds the label 7 at position 0, but the 2 classes are 0 to 1", Refusal(folder["idx"]));
    }

    [Fact]
    public void A_model_larger_than_the_machine_is_refused_with_the_plans_numbers()
    {
        var error = Assert.Throws<ConfigException>(() => Of(Texts(), Small with { Model = new ModelConfig { Layers = 96, Width = 12288, Heads = 96, Context = 16 } }, new MachineRoom(2, 8L << 30, 1L << 50)));
        Assert.Contains("M parameters), but the machine has 8 GiB", error.Message);
        Assert.Contains("nothing was started", error.Message);
    }

    [Fact]
    public void Steps_and_seeds_are_checked()
    {
        Assert.Contains("steps is 0", Assert.Throws<ConfigException>(() => Of(Texts(), steps: 0)).Message);
        Assert.Contains("twice", Assert.Throws<ConfigException>(() => new OwnRun(folder["texts"], 4, [1, 1], Small, Paths, null)).Message);
    }
}
