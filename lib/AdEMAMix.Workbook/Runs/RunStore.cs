using System.Text.Json;
using Microsoft.Data.Sqlite;

namespace AdEMAMix.Workbook;

/// <summary>
/// The registry of runs: one SQLite database that notebooks and workers share. Who wants to train a run claims it first,
/// so that a run is trained once however many notebooks ask for it.
/// </summary>
public sealed class RunStore : IDisposable
{
    /// <summary>The version of the database's layout.</summary>
    public const int SchemaVersion = 2;

    /// <summary>How long a worker on another machine may be silent before its run is taken over.</summary>
    public static TimeSpan Lease { get; } = TimeSpan.FromMinutes(3);

    const string Schema = """
        CREATE TABLE runs (
            id TEXT PRIMARY KEY,
            config TEXT NOT NULL,
            state TEXT NOT NULL,
            step INTEGER NOT NULL DEFAULT 0,
            seconds REAL NOT NULL DEFAULT 0,
            tokens_per_second REAL NOT NULL DEFAULT 0,
            message TEXT,
            environment TEXT,
            result TEXT,
            created TEXT NOT NULL,
            ended TEXT,
            worker TEXT,
            launcher TEXT,
            heartbeat TEXT
        );
        CREATE TABLE points (
            run TEXT NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
            step INTEGER NOT NULL,
            tokens INTEGER NOT NULL,
            seconds REAL NOT NULL,
            train_loss REAL NOT NULL,
            validation_loss REAL,
            learning_rate REAL NOT NULL,
            tokens_per_second REAL NOT NULL,
            PRIMARY KEY (run, step)
        ) WITHOUT ROWID;
        """;

    // What layout 2 added: tables that a run measures on the way.
    const string MeasurementSchema = """
        CREATE TABLE measurements (
            run TEXT NOT NULL REFERENCES runs(id) ON DELETE CASCADE,
            kind TEXT NOT NULL,
            step INTEGER NOT NULL,
            content TEXT NOT NULL,
            PRIMARY KEY (run, kind, step)
        ) WITHOUT ROWID;
        """;

    internal static readonly JsonSerializerOptions Json = new() { PropertyNamingPolicy = JsonNamingPolicy.CamelCase };

    readonly SqliteConnection connection;
    readonly Lock gate = new();

    RunStore(string path, SqliteConnection connection)
    {
        FilePath = path;
        this.connection = connection;
    }

    /// <summary>The database file.</summary>
    public string FilePath { get; }

    /// <summary>Opens the store, creating it where there is none.</summary>
    /// <param name="path">The database file.</param>
    /// <param name="patience">How long to wait for another process that holds the store locked; 15 seconds if null.</param>
    /// <exception cref="StoreException">The file is locked, damaged, not writable or of a newer version.</exception>
    public static RunStore Open(string path, TimeSpan? patience = null)
    {
        ArgumentException.ThrowIfNullOrEmpty(path);
        path = Path.GetFullPath(path);
        var seconds = Math.Max(1, (int)Math.Ceiling((patience ?? TimeSpan.FromSeconds(15)).TotalSeconds));
        return Guarded(path, () =>
        {
            Directory.CreateDirectory(Path.GetDirectoryName(path)!);
            var settings = new SqliteConnectionStringBuilder { DataSource = path, DefaultTimeout = seconds, Pooling = false, ForeignKeys = true };
            var connection = new SqliteConnection(settings.ToString());
            try
            {
                connection.Open();
                var store = new RunStore(path, connection);
                store.Prepare();
                return store;
            }
            catch
            {
                connection.Dispose();
                throw;
            }
        });
    }

    /// <summary>Puts a run into the store unless it is there.</summary>
    public void Add(RunConfig config)
    {
        ArgumentNullException.ThrowIfNull(config);
        Execute("INSERT INTO runs (id, config, state, created) VALUES ($id, $config, $state, $now) ON CONFLICT (id) DO NOTHING",
            ("$id", config.RunId), ("$config", Serialize(config)), ("$state", Name(RunState.Queued)), ("$now", Now));
    }

    /// <summary>The run with this id, with its points; null when the store does not hold it.</summary>
    public RunRecord? Find(string id) => Read("WHERE id = $id", withPoints: true, ("$id", id)).FirstOrDefault();

    /// <summary>The run whose id begins with <paramref name="prefix"/>.</summary>
    /// <exception cref="StoreException">No run or more than one begins so.</exception>
    public RunRecord Get(string prefix)
    {
        var matches = Read("WHERE substr(id, 1, length($prefix)) = $prefix", withPoints: true, ("$prefix", prefix));
        return matches switch
        {
            [var one] => one,
            [] => throw new StoreException($"No run's id begins with '{prefix}' in '{FilePath}'; 'workbook runs list' shows those that are there."),
            _ => throw new StoreException($"{matches.Count} runs' ids begin with '{prefix}'; write more characters of the id."),
        };
    }

    /// <summary>Every run, oldest first.</summary>
    /// <param name="withPoints">Whether to read the recorded points too.</param>
    public IReadOnlyList<RunRecord> List(bool withPoints = false) => Read("", withPoints);

    /// <summary>The runs that are marked as running, without their points.</summary>
    internal IReadOnlyList<RunRecord> Running() => Read("WHERE state = $state", withPoints: false, ("$state", Name(RunState.Running)));

    /// <summary>
    /// Claims the run for a worker: it becomes <see cref="RunState.Running"/>, unless it is done or another living worker has it.
    /// </summary>
    /// <param name="config">The run; added to the store when it is not there.</param>
    /// <param name="worker">Who will train it.</param>
    /// <param name="launcher">Who started the worker, if it is another process.</param>
    /// <returns>The claim, or null when there is nothing to train or another worker trains it.</returns>
    public RunClaim? TryClaim(RunConfig config, ProcessIdentity worker, ProcessIdentity? launcher = null)
    {
        ArgumentNullException.ThrowIfNull(worker);
        Add(config);
        return InTransaction(() =>
        {
            var run = Read("WHERE id = $id", withPoints: false, ("$id", config.RunId))[0];
            if (run.IsDone || (run.State == RunState.Running && !run.IsAbandoned && run.Worker != worker)) return null;
            Execute("UPDATE runs SET state = $state, message = NULL, worker = $worker, launcher = $launcher, heartbeat = $now WHERE id = $id",
                ("$state", Name(RunState.Running)), ("$worker", worker.ToString()), ("$launcher", (launcher ?? worker).ToString()), ("$now", Now), ("$id", run.Id));
            return new RunClaim(this, run.Id, worker);
        });
    }

    /// <summary>Forgets why a run failed or was stopped, before another attempt.</summary>
    internal void Requeue(string id) => Execute("UPDATE runs SET state = $queued, message = NULL WHERE id = $id AND state IN ($failed, $stopped)",
        ("$queued", Name(RunState.Queued)), ("$failed", Name(RunState.Failed)), ("$stopped", Name(RunState.Stopped)), ("$id", id));

    /// <summary>Marks a run as failed whose worker ended without a word, unless another worker has it by now.</summary>
    public void MarkFailed(string id, string message)
    {
        InTransaction(() =>
        {
            if (Read("WHERE id = $id", false, ("$id", id)) is [{ IsDone: false } run] && (run.State != RunState.Running || run.IsAbandoned))
                Execute("UPDATE runs SET state = $state, message = $message, worker = NULL WHERE id = $id", ("$state", Name(RunState.Failed)), ("$message", message), ("$id", id));
            return 0;
        });
    }

    /// <summary>Puts a finished run of a result file into the store, unless the store has it finished.</summary>
    internal void Insert(RunRecord run)
    {
        InTransaction(() =>
        {
            if (Read("WHERE id = $id", false, ("$id", run.Id)) is [var known] && (known.IsDone || (known.State == RunState.Running && !known.IsAbandoned))) return 0;
            Execute("DELETE FROM runs WHERE id = $id", ("$id", run.Id));
            Execute("INSERT INTO runs (id, config, state, step, seconds, tokens_per_second, message, environment, result, created, ended) VALUES ($id, $config, $state, $step, $seconds, $speed, $message, $environment, $result, $now, $ended)",
                ("$id", run.Id), ("$config", Serialize(run.Config)), ("$state", Name(run.State)), ("$step", run.Step), ("$seconds", run.Seconds),
                ("$speed", run.TokensPerSecond), ("$message", run.Message), ("$environment", JsonSerializer.Serialize(run.Environment, Json)),
                ("$result", run.Result is null ? null : JsonSerializer.Serialize(run.Result, Json)), ("$now", Now), ("$ended", run.Ended is { } ended ? Stamp(ended) : null));
            foreach (var point in run.Points) Append(run.Id, point);
            foreach (var measurement in run.Measurements) Append(run.Id, measurement);
            return 0;
        });
    }

    /// <inheritdoc/>
    public void Dispose() => connection.Dispose();

    internal void Append(string id, RunPoint point)
    {
        var p = point.Rounded();
        Execute("INSERT OR REPLACE INTO points VALUES ($run, $step, $tokens, $seconds, $train, $validation, $rate, $speed)",
            ("$run", id), ("$step", p.Step), ("$tokens", p.Tokens), ("$seconds", p.Seconds), ("$train", p.TrainLoss),
            ("$validation", p.ValidationLoss), ("$rate", p.LearningRate), ("$speed", p.TokensPerSecond));
    }

    internal void Append(string id, RunMeasurement measurement) =>
        Execute("INSERT OR REPLACE INTO measurements VALUES ($run, $kind, $step, $content)",
            ("$run", id), ("$kind", measurement.Kind), ("$step", measurement.Step), ("$content", JsonSerializer.Serialize(measurement.Rounded(), Json)));

    internal int Execute(string sql, params (string Name, object? Value)[] parameters)
    {
        lock (gate)
            return Guarded(FilePath, () =>
            {
                using var command = Command(sql, parameters);
                return command.ExecuteNonQuery();
            });
    }

    internal IReadOnlyList<T> Query<T>(string sql, Func<SqliteDataReader, T> read)
    {
        lock (gate)
            return Guarded(FilePath, () =>
            {
                var rows = new List<T>();
                using var command = Command(sql);
                using var row = command.ExecuteReader();
                while (row.Read()) rows.Add(read(row));
                return rows;
            });
    }

    internal T InTransaction<T>(Func<T> body)
    {
        lock (gate)
            return Guarded(FilePath, () =>
            {
                Run("BEGIN IMMEDIATE");
                try
                {
                    var result = body();
                    Run("COMMIT");
                    return result;
                }
                catch
                {
                    if (SQLitePCL.raw.sqlite3_get_autocommit(connection.Handle) == 0) Run("ROLLBACK");
                    throw;
                }
            });
    }

    internal static string Now => Stamp(DateTime.UtcNow);

    internal static string Stamp(DateTime time) => time.ToUniversalTime().ToString("yyyy-MM-ddTHH:mm:ss.fffZ", System.Globalization.CultureInfo.InvariantCulture);

    internal static string Name(RunState state) => state.ToString().ToLowerInvariant();

    void Prepare()
    {
        var version = Version();
        if (version > SchemaVersion)
            throw new StoreException($"The run store '{FilePath}' has layout {version}, but this workbook knows layouts up to {SchemaVersion}: update the workbook, or move the file away to start a new store.");
        Run("PRAGMA journal_mode = WAL; PRAGMA synchronous = NORMAL");
        if (version == SchemaVersion) return;
        InTransaction(() =>
        {
            if (Version() == 0) Run(Schema);
            if (Version() < SchemaVersion) Run($"{MeasurementSchema} PRAGMA user_version = {SchemaVersion}");
            return 0;
        });
    }

    int Version()
    {
        using var command = Command("PRAGMA user_version");
        return (int)(long)command.ExecuteScalar()!;
    }

    void Run(string sql)
    {
        using var command = Command(sql);
        command.ExecuteNonQuery();
    }

    SqliteCommand Command(string sql, params (string Name, object? Value)[] parameters)
    {
        var command = connection.CreateCommand();
        command.CommandText = sql;
        foreach (var (name, value) in parameters) command.Parameters.AddWithValue(name, value ?? DBNull.Value);
        return command;
    }

    List<RunRecord> Read(string where, bool withPoints, params (string Name, object? Value)[] parameters)
    {
        lock (gate)
            return Guarded(FilePath, () =>
            {
                var runs = new List<RunRecord>();
                using (var command = Command($"SELECT id, config, state, step, seconds, tokens_per_second, message, environment, result, ended, worker, launcher, heartbeat FROM runs {where} ORDER BY created, rowid", parameters))
                using (var row = command.ExecuteReader())
                    while (row.Read()) runs.Add(ReadRun(row));
                return withPoints ? runs.ConvertAll(run => run with { Points = ReadPoints(run.Id), Measurements = ReadMeasurements(run.Id) }) : runs;
            });
    }

    List<RunPoint> ReadPoints(string id)
    {
        var points = new List<RunPoint>();
        using var command = Command("SELECT step, tokens, seconds, train_loss, validation_loss, learning_rate, tokens_per_second FROM points WHERE run = $run ORDER BY step", ("$run", id));
        using var row = command.ExecuteReader();
        while (row.Read())
            points.Add(new(row.GetInt32(0), row.GetInt64(1), row.GetDouble(2), row.GetDouble(3), row.IsDBNull(4) ? null : row.GetDouble(4), row.GetDouble(5), row.GetDouble(6)));
        return points;
    }

    List<RunMeasurement> ReadMeasurements(string id)
    {
        var measurements = new List<RunMeasurement>();
        using var command = Command("SELECT content FROM measurements WHERE run = $run ORDER BY step, kind", ("$run", id));
        using var row = command.ExecuteReader();
        while (row.Read()) measurements.Add(JsonSerializer.Deserialize<RunMeasurement>(row.GetString(0), Json)!);
        return measurements;
    }

    static RunRecord ReadRun(SqliteDataReader row) => new()
    {
        Id = row.GetString(0),
        Config = RunConfig.Parse(row.GetString(1), $"run {row.GetString(0)}"),
        State = Enum.Parse<RunState>(row.GetString(2), ignoreCase: true),
        Step = row.GetInt32(3),
        Seconds = row.GetDouble(4),
        TokensPerSecond = row.GetDouble(5),
        Message = Text(row, 6),
        Environment = Text(row, 7) is { } environment ? JsonSerializer.Deserialize<RunEnvironment>(environment, Json) : null,
        Result = Text(row, 8) is { } result ? JsonSerializer.Deserialize<RunResult>(result, Json) : null,
        Ended = Time(row, 9),
        Worker = ProcessIdentity.FromText(Text(row, 10)),
        Launcher = ProcessIdentity.FromText(Text(row, 11)),
        Heartbeat = Time(row, 12),
    };

    static string? Text(SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    static DateTime? Time(SqliteDataReader row, int column) => Text(row, column) is { } text
        ? DateTime.Parse(text, System.Globalization.CultureInfo.InvariantCulture, System.Globalization.DateTimeStyles.AdjustToUniversal)
        : null;

    static string Serialize(RunConfig config) => JsonSerializer.Serialize(config, RunConfig.Compact);

    // SQLite's result codes, each with what the reader can do about it.
    static T Guarded<T>(string path, Func<T> body)
    {
        try
        {
            return body();
        }
        catch (SqliteException e)
        {
            var reason = e.SqliteErrorCode switch
            {
                5 or 6 => "is locked by another process: close the program that holds it (or wait for it to end) and try again",
                8 => "is read-only: allow writing to the file and its folder",
                11 or 26 => "is damaged or not a run store: move it away; finished runs come back from data/results",
                13 => "could not be written because the disk is full: free space and try again",
                14 => "cannot be opened: check that the folder exists and may be written",
                _ => $"reports '{e.Message}'; move it away if this stays, finished runs come back from data/results",
            };
            throw new StoreException($"The run store '{path}' {reason}.", e);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new StoreException($"The run store '{path}' cannot be opened ({e.Message.TrimEnd('.')}): check that the folder may be written.", e);
        }
    }
}
