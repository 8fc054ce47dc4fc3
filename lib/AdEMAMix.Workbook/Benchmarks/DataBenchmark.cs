using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Text.Json;

namespace AdEMAMix.Workbook;

/// <summary>What `workbook bench data` measured on a gigabyte of synthetic token files, beside 10 MB of them and beside training in the same process.</summary>
/// <param name="Bytes">Size of the large set.</param>
/// <param name="StartupSeconds">From nothing to a set that windows can be read of: opened, checked, hashed.</param>
/// <param name="ResidentMebibytes">Largest resident memory while every window of the large set was read once.</param>
/// <param name="SmallResidentMebibytes">The same for as many windows of the small set.</param>
/// <param name="LoaderTokensPerSecond">Tokens of batches read, in batches as training's; of a measurement before training and one after, the slower.</param>
/// <param name="PrefetchTokensPerSecond">The same through a <see cref="BatchPrefetcher"/>.</param>
/// <param name="TrainingTokensPerSecond">Tokens that training of the 113k-parameter shape consumes from the large set; the vocabulary of 256 keeps it fast.</param>
/// <param name="Cpu">The processor.</param>
public sealed record DataBenchmark(
    long Bytes, double StartupSeconds, double ResidentMebibytes, double SmallResidentMebibytes, double LoaderTokensPerSecond, double PrefetchTokensPerSecond,
    double TrainingTokensPerSecond, string Cpu)
{
    const int Vocabulary = 256;
    const int FileTokens = 50_000_000;
    const int Context = 1024;
    const int TrainingSteps = 100;
    const int LoaderSteps = 20_000;

    /// <summary>How many times as fast batches are read as training consumes them.</summary>
    public double RatioToTraining => LoaderTokensPerSecond / TrainingTokensPerSecond;

    /// <summary>Makes the files in a temporary folder, measures, and removes them.</summary>
    /// <param name="files">Files of 100 MB.</param>
    /// <exception cref="DataException">The disk of temporary files is full.</exception>
    public static DataBenchmark Run(int files = 10)
    {
        var folder = Directory.CreateTempSubdirectory("workbook-bench-").FullName;
        try
        {
            var small = Write(Path.Combine(folder, "small"), 1, FileTokens / 10);
            var large = Write(Path.Combine(folder, "large"), files, FileTokens);
            var paths = new WorkbookPaths(folder);
            var windows = (long)files * FileTokens / Context;
            var smallResident = Resident(TokenDataset.Load(small, paths), windows);

            var started = Stopwatch.GetTimestamp();
            var data = TokenDataset.Load(large, paths);
            var startup = Stopwatch.GetElapsedTime(started).TotalSeconds;
            var resident = Resident(data, windows);

            var config = new RunConfig { Data = large, Optimizer = new OptimizerConfig { Kind = OptimizerConfig.AdEMAMix }, Training = new TrainingConfig { Steps = TrainingSteps, EvaluationWindows = 1 } };
            var sampler = new WindowSampler(data, config.Model.Context, config.Training.BatchSize, config.DataSeed);
            var before = Speed(sampler, sampler.Fill);
            using var trainer = new Trainer(config, data);
            trainer.Train();
            var after = Speed(sampler, sampler.Fill);
            using var prefetcher = new BatchPrefetcher(sampler);
            return new(files * 2L * FileTokens, startup, resident, smallResident, Math.Min(before, after), Speed(sampler, prefetcher.Fill), trainer.TokensPerSecond, RunEnvironment.Capture(null).Cpu);
        }
        catch (IOException problem) when (DiskFull.Is(problem))
        {
            throw new DataException(FormattableString.Invariant($"The disk that holds '{folder}' has no room for {files * 2L * FileTokens / 1e9:0.0} GB of token files: free some space, or set TMPDIR to another disk."), problem);
        }
        finally
        {
            Directory.Delete(folder, recursive: true);
        }
    }

    /// <summary>The result as JSON with names like startup_seconds.</summary>
    public string ToJson() => JsonSerializer.Serialize(this, new JsonSerializerOptions { PropertyNamingPolicy = JsonNamingPolicy.SnakeCaseLower, WriteIndented = true, Encoder = System.Text.Encodings.Web.JavaScriptEncoder.UnsafeRelaxedJsonEscaping });

    /// <inheritdoc/>
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{Bytes / 1e9:F1} GB of token files: ready in {StartupSeconds:F3} s; resident memory {ResidentMebibytes:F0} MiB after all of it, {SmallResidentMebibytes:F0} MiB with 10 MB; batches at {LoaderTokensPerSecond / 1e6:F1} million tokens/s ({PrefetchTokensPerSecond / 1e6:F1} read ahead), {RatioToTraining:F0} x what training consumes ({TrainingTokensPerSecond:N0})");

    static DataConfig Write(string folder, int files, int tokens)
    {
        Directory.CreateDirectory(folder);
        var random = new Random(1);
        var block = new ushort[1_000_000];
        for (var file = 0; file < files; file++)
        {
            using var stream = File.Create(Path.Combine(folder, FormattableString.Invariant($"train_{file:D6}.bin")));
            stream.Write(TokenFile.Header(tokens));
            for (var written = 0; written < tokens; written += block.Length)
            {
                for (var i = 0; i < block.Length; i++) block[i] = (ushort)random.Next(Vocabulary);
                stream.Write(MemoryMarshal.AsBytes(block.AsSpan()));
            }
        }
        return new DataConfig { Source = DataConfig.ShardsSource, Path = folder, Vocabulary = Vocabulary };
    }

    static double Resident(TokenDataset data, long windows)
    {
        const int Rows = 16;
        var sampler = new WindowSampler(data, Context, Rows, seed: 0);
        var (inputs, targets) = (new long[Rows * Context], new long[Rows * Context]);
        var largest = 0.0;
        for (var step = 0L; step < windows / Rows; step++)
        {
            sampler.Fill(step, inputs, targets);
            if (step % 8 == 0) largest = Math.Max(largest, MemoryBenchmark.ResidentMebibytes());
        }
        return largest;
    }

    static double Speed(WindowSampler sampler, Fill fill)
    {
        var (inputs, targets) = (new long[sampler.BatchSize * sampler.Context], new long[sampler.BatchSize * sampler.Context]);
        var started = Stopwatch.GetTimestamp();
        for (var step = 0; step < LoaderSteps; step++) fill(step, inputs, targets);
        return (double)LoaderSteps * inputs.Length / Stopwatch.GetElapsedTime(started).TotalSeconds;
    }

    delegate void Fill(long step, Span<long> inputs, Span<long> targets);
}
