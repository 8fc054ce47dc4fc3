using Microsoft.Data.Sqlite;

namespace AdEMAMix.Workbook;

/// <summary>What a worker may use: nothing but room on a machine without GPUs, one GPU on a machine with some.</summary>
/// <param name="Gpu">The GPU as CUDA_VISIBLE_DEVICES names it; null for none.</param>
readonly record struct WorkerSeat(string? Gpu);

/// <summary>
/// The machine's cores, memory and GPUs, divided among all notebooks that share a store. A seat is taken in one transaction before its worker
/// starts, so that notebooks never start more workers together than fit; and whoever holds fewer seats goes first, so that a second
/// notebook gets its share as soon as a worker of the first ends.
/// </summary>
/// <remarks>A seat ends with its worker, whoever notices. The tables are no part of the store's layout: programs that do not know them need not.</remarks>
sealed class WorkerSeats : IDisposable
{
    // A notebook that has not asked for so long (a stopped kernel) waits no more.
    static readonly TimeSpan Patience = TimeSpan.FromSeconds(30);

    const string Schema = """
        CREATE TABLE IF NOT EXISTS seats (
            run TEXT PRIMARY KEY,
            session TEXT NOT NULL,
            launcher TEXT NOT NULL,
            worker TEXT,
            cores INTEGER NOT NULL,
            memory INTEGER NOT NULL,
            gpu TEXT
        ) WITHOUT ROWID;
        CREATE TABLE IF NOT EXISTS sessions (
            id TEXT PRIMARY KEY,
            launcher TEXT NOT NULL,
            waiting INTEGER NOT NULL,
            served TEXT NOT NULL,
            seen TEXT NOT NULL
        ) WITHOUT ROWID;
        """;

    readonly RunStore store;
    readonly MachineRoom machine;
    readonly WorkbookPaths paths;
    readonly string session = Guid.NewGuid().ToString("N");
    bool waits;

    /// <summary>Joins the queue with a plan: seats of its runs whose notebook is gone count as this one's.</summary>
    /// <param name="store">What the notebooks share.</param>
    /// <param name="machine">What there is to divide.</param>
    /// <param name="paths">Where data/sources.json is, for the size of runs that someone else started.</param>
    /// <param name="runs">The plan's runs.</param>
    public WorkerSeats(RunStore store, MachineRoom machine, WorkbookPaths paths, IEnumerable<string> runs)
    {
        (this.store, this.machine, this.paths) = (store, machine, paths);
        store.InTransaction(() =>
        {
            store.Execute(Schema);
            foreach (var dead in Sessions().Where(s => s.Launcher is { IsHere: true, IsAlive: false })) store.Execute("DELETE FROM sessions WHERE id = $id", ("$id", dead.Id));
            store.Execute("INSERT INTO sessions VALUES ($id, $launcher, 0, '', $now)", ("$id", session), ("$launcher", ProcessIdentity.Current.ToString()), ("$now", RunStore.Now));
            var gone = Living(Seats()).Where(s => Sessions().All(other => other.Id != s.Session)).Select(s => s.Run).Intersect(runs).ToList();
            foreach (var run in gone) store.Execute("UPDATE seats SET session = $session WHERE run = $run", ("$session", session), ("$run", run));
            return 0;
        });
    }

    /// <summary>Takes a seat for a run, if there is room and no other notebook's turn.</summary>
    /// <returns>Null where this notebook has to wait; it is then known to wait.</returns>
    public WorkerSeat? TryTake(RunConfig config, RunEstimate estimate) => store.InTransaction<WorkerSeat?>(() =>
    {
        var seats = Living(Seats());
        var taken = seats.Concat(Unseated(seats)).ToList();
        var seat = taken.All(s => s.Run != config.RunId) && IsMyTurn(seats) ? Room(taken, config, estimate) : null;
        if (seat is { } mine)
            store.Execute("INSERT OR REPLACE INTO seats VALUES ($run, $session, $launcher, NULL, $cores, $memory, $gpu)", ("$run", config.RunId), ("$session", session),
                ("$launcher", ProcessIdentity.Current.ToString()), ("$cores", config.Training.Threads), ("$memory", machine.HostBytes(estimate)), ("$gpu", mine.Gpu));
        store.Execute("UPDATE sessions SET waiting = $waiting, seen = $now, served = CASE $waiting WHEN 0 THEN $now ELSE served END WHERE id = $id",
            ("$waiting", (waits = seat is null) ? 1 : 0), ("$now", RunStore.Now), ("$id", session));
        return seat;
    });

    /// <summary>From here on the seat lives as long as this process.</summary>
    /// <param name="run">A run with a seat of this notebook.</param>
    /// <param name="pid">Its worker.</param>
    public void Started(string run, int pid) =>
        store.Execute("UPDATE seats SET worker = $worker WHERE run = $run AND session = $session", ("$worker", (ProcessIdentity.Of(pid) ?? new ProcessIdentity(pid, 0, ProcessIdentity.Current.Place)).ToString()), ("$run", run), ("$session", session));

    /// <summary>Says that this notebook has nothing to start for now.</summary>
    public void Rest()
    {
        if (waits) store.Execute("UPDATE sessions SET waiting = 0 WHERE id = $id", ("$id", session));
        waits = false;
    }

    /// <summary>Leaves the queue. Workers that live keep their seats.</summary>
    public void Dispose() => store.Execute("DELETE FROM sessions WHERE id = $id", ("$id", session));

    // Fewer seats first; among equals who was served longest ago, or never.
    bool IsMyTurn(IReadOnlyList<Seat> seats)
    {
        var lately = RunStore.Stamp(DateTime.UtcNow - Patience);
        return Sessions().Where(s => s.Id == session || (s.Waits && s.Launcher.IsAlive && string.CompareOrdinal(s.Seen, lately) > 0))
            .OrderBy(s => seats.Count(seat => seat.Session == s.Id)).ThenBy(s => s.Served, StringComparer.Ordinal).ThenBy(s => s.Id, StringComparer.Ordinal)
            .First().Id == session;
    }

    WorkerSeat? Room(IReadOnlyList<Seat> taken, RunConfig config, RunEstimate estimate)
    {
        var gpu = machine.Gpus.Except(taken.Select(s => s.Gpu)).FirstOrDefault();
        if (machine.Gpus.Count > 0 && gpu is null) return null;
        // One run always goes: a plan that cannot fit was refused before.
        var fits = taken.Count == 0
            || (taken.Sum(s => s.Cores) + config.Training.Threads <= machine.Cores && taken.Sum(s => s.Memory) + machine.HostBytes(estimate) <= machine.MemoryBytes);
        return fits ? new WorkerSeat(gpu) : null;
    }

    // Runs that are trained here without a seat, by hand for example. Which GPU they use nobody knows.
    IEnumerable<Seat> Unseated(IReadOnlyList<Seat> seats) =>
        from run in store.Running()
        where run is { IsAbandoned: false, Worker.IsHere: true } && seats.All(s => s.Run != run.Id)
        select new Seat(run.Id, "", run.Worker!, run.Worker, run.Config.Training.Threads, machine.HostBytes(RunEstimate.Of(run.Config, paths)), null);

    // Seats of this machine; those whose worker has ended, or whose notebook died before it started one, are given up.
    List<Seat> Living(IEnumerable<Seat> seats)
    {
        var living = new List<Seat>();
        foreach (var seat in seats.Where(s => (s.Worker ?? s.Launcher).IsHere))
        {
            if ((seat.Worker ?? seat.Launcher).IsAlive) living.Add(seat);
            else store.Execute("DELETE FROM seats WHERE run = $run", ("$run", seat.Run));
        }
        return living;
    }

    IReadOnlyList<Seat> Seats() => store.Query("SELECT run, session, launcher, worker, cores, memory, gpu FROM seats", row => new Seat(row.GetString(0), row.GetString(1),
        ProcessIdentity.FromText(row.GetString(2))!, ProcessIdentity.FromText(Text(row, 3)), row.GetInt32(4), row.GetInt64(5), Text(row, 6)));

    IReadOnlyList<Session> Sessions() => store.Query("SELECT id, launcher, waiting, served, seen FROM sessions", row => new Session(row.GetString(0),
        ProcessIdentity.FromText(row.GetString(1))!, row.GetInt32(2) == 1, row.GetString(3), row.GetString(4)));

    static string? Text(SqliteDataReader row, int column) => row.IsDBNull(column) ? null : row.GetString(column);

    sealed record Seat(string Run, string Session, ProcessIdentity Launcher, ProcessIdentity? Worker, int Cores, long Memory, string? Gpu);

    sealed record Session(string Id, ProcessIdentity Launcher, bool Waits, string Served, string Seen);
}
