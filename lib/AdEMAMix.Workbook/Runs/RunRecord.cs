namespace AdEMAMix.Workbook;

/// <summary>Where a run stands.</summary>
public enum RunState
{
    /// <summary>Known to the store, not begun.</summary>
    Queued,

    /// <summary>A worker trains it (or has died without a word: see <see cref="RunRecord.IsAbandoned"/>).</summary>
    Running,

    /// <summary>Ended at its last step.</summary>
    Finished,

    /// <summary>The loss became NaN or infinite; <see cref="RunRecord.Step"/> says where. A repetition would end alike.</summary>
    Diverged,

    /// <summary>The worker ended with an error; the next call tries again from the last checkpoint.</summary>
    Failed,

    /// <summary>Stopped by its user at a checkpoint; the next call resumes.</summary>
    Stopped,
}

/// <summary>One run as the store knows it, with every recorded point.</summary>
public sealed record RunRecord
{
    /// <summary>The run's id, <see cref="RunConfig.RunId"/>.</summary>
    public required string Id { get; init; }

    /// <summary>What was run.</summary>
    public required RunConfig Config { get; init; }

    /// <summary>Where the run stands.</summary>
    public required RunState State { get; init; }

    /// <summary>The last step reported.</summary>
    public int Step { get; init; }

    /// <summary>Seconds of training up to <see cref="Step"/>, over all workers that had a part in the run.</summary>
    public double Seconds { get; init; }

    /// <summary>Tokens per second of the last report.</summary>
    public double TokensPerSecond { get; init; }

    /// <summary>Why the run failed, or null.</summary>
    public string? Message { get; init; }

    /// <summary>Code and machine of the last worker.</summary>
    public RunEnvironment? Environment { get; init; }

    /// <summary>When the run ended (UTC).</summary>
    public DateTime? Ended { get; init; }

    /// <summary>What a finished run came to.</summary>
    public RunResult? Result { get; init; }

    /// <summary>Recorded points in the order of steps.</summary>
    public IReadOnlyList<RunPoint> Points { get; init; } = [];

    /// <summary>What the run measured beside its losses, in the order of steps.</summary>
    public IReadOnlyList<RunMeasurement> Measurements { get; init; } = [];

    /// <summary>The process that trains or trained the run.</summary>
    public ProcessIdentity? Worker { get; init; }

    /// <summary>The process that started the worker.</summary>
    public ProcessIdentity? Launcher { get; init; }

    /// <summary>When the worker last wrote (UTC).</summary>
    public DateTime? Heartbeat { get; init; }

    /// <summary>Marked as running, but its worker is gone: free to be claimed and resumed.</summary>
    public bool IsAbandoned => State == RunState.Running && (Worker is null || (Worker.IsHere ? !Worker.IsAlive : DateTime.UtcNow - Heartbeat > RunStore.Lease));

    /// <summary>The loss that a run which is done counts with: its last, or plus infinity where it diverged.</summary>
    internal double FinalLoss => Result?.ValidationLoss ?? double.PositiveInfinity;

    /// <summary>Finished or diverged: nothing is left to train.</summary>
    public bool IsDone => State is RunState.Finished or RunState.Diverged;
}

/// <summary>One recorded point of a run.</summary>
/// <param name="Step">Optimizer steps done.</param>
/// <param name="Tokens">Tokens seen.</param>
/// <param name="Seconds">Seconds of training, evaluation included, over all workers of the run.</param>
/// <param name="TrainLoss">Mean training loss since the point before, in nats per token.</param>
/// <param name="ValidationLoss">Loss on the fixed validation windows, in nats per token; null where not evaluated.</param>
/// <param name="LearningRate">Learning rate of this step.</param>
/// <param name="TokensPerSecond">Training speed since the point before, evaluation not counted.</param>
public sealed record RunPoint(int Step, long Tokens, double Seconds, double TrainLoss, double? ValidationLoss, double LearningRate, double TokensPerSecond)
{
    /// <summary>The point with seven significant digits, as store and result files keep it.</summary>
    public RunPoint Rounded() => this with
    {
        Seconds = Digits.Seven(Seconds),
        TrainLoss = Digits.Seven(TrainLoss),
        ValidationLoss = ValidationLoss is { } loss ? Digits.Seven(loss) : null,
        LearningRate = Digits.Seven(LearningRate),
        TokensPerSecond = Digits.Seven(TokensPerSecond),
    };
}

/// <summary>What a finished run came to.</summary>
/// <param name="ValidationLoss">Loss on the fixed validation windows after the last step, in nats per token.</param>
/// <param name="TrainLoss">Mean training loss of the last recorded point.</param>
/// <param name="Tokens">Tokens seen.</param>
/// <param name="Seconds">Seconds of training.</param>
/// <param name="TokensPerSecond">Tokens by seconds, evaluation not counted.</param>
/// <param name="Parameters">Number of trained values.</param>
/// <param name="ParametersSha256">SHA-256 over the bytes of all parameters in order: equal for bitwise equal runs.</param>
public sealed record RunResult(double ValidationLoss, double TrainLoss, long Tokens, double Seconds, double TokensPerSecond, long Parameters, string ParametersSha256)
{
    /// <summary>The result with seven significant digits, as store and result files keep it.</summary>
    public RunResult Rounded() => this with
    {
        ValidationLoss = Digits.Seven(ValidationLoss),
        TrainLoss = Digits.Seven(TrainLoss),
        Seconds = Digits.Seven(Seconds),
        TokensPerSecond = Digits.Seven(TokensPerSecond),
    };
}

// Rounding to significant digits by way of text, which is exact and the same on every machine.
static class Digits
{
    public static double Seven(double value) => double.Parse(value.ToString("G7", System.Globalization.CultureInfo.InvariantCulture), System.Globalization.CultureInfo.InvariantCulture);
}
