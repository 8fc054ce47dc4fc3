using System.Globalization;

namespace AdEMAMix.Workbook;

/// <summary>The workbook's first page: what two memories do, in one picture; the paper's claims and common sayings against what the runs came to.</summary>
public static partial class StartHere
{
    /// <summary>The claims table: every claim of the paper, and what our runs came to. A claim without an outcome is not tested yet.</summary>
    /// <param name="outcomes">What the experiments came to; at most one per claim.</param>
    /// <exception cref="FigureException">Two outcomes for one claim.</exception>
    public static Table Claims(params IEnumerable<ClaimOutcome> outcomes)
    {
        var byClaim = ByClaim(outcomes);
        return Table.Of(PaperClaims.All.Select(claim => (Claim: claim, Outcome: byClaim.GetValueOrDefault(claim.Number))), Tally(byClaim.Values),
            ("", c => c.Claim.Number),
            (new TableColumn("the paper's claim") { Width = 18 }, c => c.Claim.Text),
            (new TableColumn("our scale") { Width = 8 }, c => c.Outcome?.Scale),
            (new TableColumn("our runs") { Width = 14 }, c => c.Outcome?.Result),
            ("verdict", c => Name(c.Outcome?.Verdict ?? ClaimVerdict.NotTested)),
            ("notebook", c => c.Outcome is { } outcome ? new Link(outcome.Notebook.Split('-')[0], $"{outcome.Notebook}.ipynb") : null));
    }

    /// <summary>What summaries say of AdEMAMix, what the paper says, and what our runs came to.</summary>
    /// <inheritdoc cref="Claims" path="/param"/>
    public static Table Sayings(params IEnumerable<ClaimOutcome> outcomes) => Sayings(outcomes, []);

    /// <summary>The same, with what experiments say to sayings that are no claims of the paper.</summary>
    /// <param name="outcomes">What the experiments came to; at most one per claim.</param>
    /// <param name="more">What they came to beside the claims; it stands behind what the saying's claim came to.</param>
    /// <exception cref="FigureException">Two outcomes for one claim, or an outcome for what is not said.</exception>
    public static Table Sayings(IEnumerable<ClaimOutcome> outcomes, IEnumerable<SayingOutcome> more)
    {
        var byClaim = ByClaim(outcomes);
        ArgumentNullException.ThrowIfNull(more);
        var byText = more.ToLookup(m => m.Saying, m => m.Saw);
        if (byText.FirstOrDefault(m => !sayings.Any(s => s.Text == m.Key)) is { } unsaid) throw new FigureException($"There is no saying '{unsaid.Key}': the sayings are {string.Join(", ", sayings.Select(s => $"'{s.Text}'"))}.");
        return Table.Of(sayings, "What is said about AdEMAMix",
            (new TableColumn("it is said that it ...") { Width = 8 }, s => s.Text),
            (new TableColumn("what the paper says") { Width = 18 }, s => s.Paper),
            (new TableColumn("what we saw") { Width = 18 }, s => s.Saw(byClaim, byText[s.Text])));
    }

    /// <summary>The runs behind the claims table, for its footer: how many of each optimizer, how many diverged, which code, which machines.</summary>
    /// <inheritdoc cref="Claims" path="/param"/>
    public static Report Provenance(params IEnumerable<ClaimOutcome> outcomes)
    {
        var runs = outcomes.SelectMany(o => o.Runs).DistinctBy(r => r.Id).ToList();
        if (runs.Count == 0) return new Report("No committed run speaks to any claim yet, so nothing above was measured.");
        var history = new CodeHistory(WorkbookPaths.Find().Root);
        return new Report(
            Table.Of(runs.GroupBy(r => (r.Config.Optimizer.Kind, r.Environment?.Commit)).OrderBy(g => g.Key.Kind, StringComparer.Ordinal).ThenBy(g => g.Min(r => r.Ended)), "The runs behind the tables",
                ("optimizer", g => g.Key.Kind),
                ("runs", g => g.Count()),
                ("diverged", g => g.Count(r => r.State == RunState.Diverged)),
                ("commit", g => g.Key.Commit),
                ("code", g => history.Since(g.Key.Commit)),
                ("last ended", g => g.Max(r => r.Ended)?.ToString("yyyy-MM-dd", CultureInfo.InvariantCulture))),
            RunProvenance.Machines(runs));
    }

    /// <summary>How a verdict is written, with a mark that needs no colour.</summary>
    public static string Name(ClaimVerdict verdict) => verdict switch
    {
        ClaimVerdict.Reproduced => "● reproduced",
        ClaimVerdict.NotReproduced => "✕ not reproduced",
        ClaimVerdict.Inconclusive => "◐ inconclusive",
        ClaimVerdict.NotTestable => "– not testable here",
        _ => "○ not tested yet",
    };

    static Dictionary<int, ClaimOutcome> ByClaim(IEnumerable<ClaimOutcome> outcomes)
    {
        ArgumentNullException.ThrowIfNull(outcomes);
        var all = outcomes.ToList();
        var twice = all.GroupBy(o => PaperClaims.Of(o.Claim).Number).FirstOrDefault(g => g.Count() > 1);
        if (twice is not null) throw new FigureException($"Claim {twice.Key} has {twice.Count()} outcomes ({string.Join(", ", twice.Select(o => o.Notebook))}): give one for each claim.");
        return all.ToDictionary(o => o.Claim);
    }

    static string Tally(IReadOnlyCollection<ClaimOutcome> outcomes)
    {
        var counts = Enum.GetValues<ClaimVerdict>().Select(v => (Verdict: v, Count: v == ClaimVerdict.NotTested ? PaperClaims.All.Count - outcomes.Count(o => o.Verdict != v) : outcomes.Count(o => o.Verdict == v))).Where(v => v.Count > 0);
        return string.Create(CultureInfo.InvariantCulture, $"The paper's {PaperClaims.All.Count} claims at our scale, intervals of 95 %: {string.Join(", ", counts.Select(v => $"{v.Count} {Name(v.Verdict)[2..]}"))}");
    }
}
