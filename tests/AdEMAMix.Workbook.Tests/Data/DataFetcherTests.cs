using Xunit;

namespace AdEMAMix.Workbook.Tests;

public sealed class DataFetcherTests : IDisposable
{
    readonly DataFixture fixture = new();

    public void Dispose() => fixture.Dispose();

    DataException Fails(string source) => Assert.Throws<DataException>(() => fixture.Fetcher().Fetch(source, TestContext.Current.CancellationToken));

    [Fact]
    public void A_fetched_text_is_the_pinned_one_and_is_fetched_once()
    {
        fixture.Serve("fixture-letters-1.0.0.tgz");
        var lines = new List<string>();
        var file = fixture.Fetcher(lines.Add).Fetch("letters", TestContext.Current.CancellationToken);
        Assert.Equal(fixture.Letters.Text!.Characters, File.ReadAllText(file).Length);
        Assert.Equal(File.ReadAllText(DataFixture.Fixture("prose.txt")), File.ReadAllText(file));
        Assert.Equal(["Downloading @fixture/letters 1.0.0, 0.0 MB.", "Extracting 'letters'."], lines);

        Assert.Equal(file, fixture.Fetcher(lines.Add).Fetch("letters", TestContext.Current.CancellationToken));
        Assert.Equal(1, fixture.Calls);
        Assert.Equal(2, lines.Count);
    }

    [Fact]
    public void Novels_are_read_out_of_a_Debian_package()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/dpkg-deb"), "dpkg-deb is not installed.");
        fixture.Serve("fixture-novels_1.0-1_all.deb");
        File.CreateSymbolicLink(Path.Combine(fixture.Tools, "dpkg-deb"), "/usr/bin/dpkg-deb");
        File.CreateSymbolicLink(Path.Combine(fixture.Tools, "tar"), "/usr/bin/tar");
        var text = File.ReadAllText(fixture.Fetcher().Fetch("novels", TestContext.Current.CancellationToken));
        Assert.StartsWith("EMMA\n\nIt is a truth", text, StringComparison.Ordinal);
        Assert.Contains("\n\nSENSE\nworth £10,000\na café\n", text, StringComparison.Ordinal);
    }

    [Fact]
    public void An_archive_placed_by_hand_needs_no_download()
    {
        fixture.PlaceArchive(fixture.Letters);
        Assert.Equal(DataState.Missing, fixture.Fetcher().Verify(fixture.Letters).State);
        fixture.Fetcher().Fetch("letters", TestContext.Current.CancellationToken);
        Assert.Equal(DataState.Ready, fixture.Fetcher().Verify(fixture.Letters).State);
    }

    [Fact]
    public void A_truncated_download_is_set_aside_and_the_next_fetch_starts_afresh()
    {
        fixture.Tool("npm", $"head -c 1000 '{DataFixture.Fixture("fixture-letters-1.0.0.tgz")}' > fixture-letters-1.0.0.tgz");
        var problem = Fails("letters");
        Assert.Contains(FormattableString.Invariant($"cut short, 1,000 of {fixture.Letters.Archive.Bytes:N0} bytes"), problem.Message, StringComparison.Ordinal);
        Assert.Equal(1000, new FileInfo(Path.Combine(fixture.Archives, "fixture-letters-1.0.0.tgz.rejected")).Length);
        Assert.Equal(DataState.Missing, fixture.Fetcher().Verify(fixture.Letters).State);

        fixture.Serve("fixture-letters-1.0.0.tgz");
        fixture.Fetcher().Fetch("letters", TestContext.Current.CancellationToken);
        Assert.Equal(DataState.Ready, fixture.Fetcher().Verify(fixture.Letters).State);
    }

    [Fact]
    public void An_archive_with_another_hash_is_set_aside_and_both_hashes_are_named()
    {
        var bytes = File.ReadAllBytes(DataFixture.Fixture("fixture-letters-1.0.0.tgz"));
        bytes[100] ^= 1;
        var archive = fixture.PlaceArchive(fixture.Letters, bytes);
        Assert.Equal(DataState.Damaged, fixture.Fetcher().Verify(fixture.Letters).State);
        var problem = Fails("letters");
        Assert.Contains(fixture.Letters.Archive.Sha256[..12], problem.Message, StringComparison.Ordinal);
        Assert.Contains(Convert.ToHexStringLower(System.Security.Cryptography.SHA256.HashData(bytes))[..12], problem.Message, StringComparison.Ordinal);
        Assert.Equal(bytes, File.ReadAllBytes(archive + ".rejected"));
        Assert.False(File.Exists(archive));
        Assert.False(File.Exists(fixture.Fetcher().TextFile(fixture.Letters)));
    }

    // What npm 11 and apt 2.6 print without a network, shortened only in the stack trace.
    [Theory]
    [InlineData("letters", "npm", "npm error code ECONNREFUSED\nnpm error FetchError: request to http://127.0.0.1:9/x failed, reason: connect ECONNREFUSED 127.0.0.1:9\nnpm error     at ClientRequest.emit (node:events:524:28)\nnpm error\nnpm error If you are behind a proxy, please make sure that the config is set properly.\nnpm error A complete log of this run can be found in: /root/.npm/_logs/debug-0.log",
        "'npm pack @fixture/letters@1.0.0' failed (FetchError: request to http://127.0.0.1:9/x failed, reason: connect ECONNREFUSED 127.0.0.1:9)")]
    [InlineData("novels", "apt-get", "W: Download is performed unsandboxed as root\nE: Failed to fetch http://127.0.0.1/x.deb  Could not connect to 127.0.0.1:9 (127.0.0.1). - connect (111: Connection refused)",
        "'apt-get download fixture-novels=1.0-1' failed (E: Failed to fetch http://127.0.0.1/x.deb  Could not connect to 127.0.0.1:9 (127.0.0.1). - connect (111: Connection refused))")]
    public void Without_network_the_command_and_its_reason_are_named(string source, string tool, string output, string expected)
    {
        fixture.Tool(tool, $"cat >&2 <<'END'\n{output}\nEND\nexit 1");
        var problem = Fails(source);
        Assert.StartsWith(expected, problem.Message, StringComparison.Ordinal);
        Assert.Contains("check the network", problem.Message, StringComparison.Ordinal);
        Assert.Contains(DataSources.Load(fixture.Paths).Find(source).Archive.Sha256, problem.Message, StringComparison.Ordinal);
        Assert.Empty(Directory.GetDirectories(fixture.Paths.Cache, "*.download"));
    }

    [Fact]
    public void A_version_that_is_no_longer_served_is_told_with_the_one_that_is()
    {
        fixture.Tool("apt-get", "echo \"E: Version '1.0-1' for 'fixture-novels' was not found\" >&2\nexit 100");
        fixture.Tool("apt-cache", "printf 'fixture-novels:\\n  Installed: (none)\\n  Candidate: 1.1-2\\n'");
        Assert.StartsWith("The package source serves fixture-novels 1.1-2, not 1.0-1 as pinned", Fails("novels").Message, StringComparison.Ordinal);
    }

    [Fact]
    public void Missing_package_lists_are_told_with_the_command_that_makes_them()
    {
        fixture.Tool("apt-get", "echo 'E: Unable to locate package fixture-novels' >&2\nexit 100");
        Assert.Contains("run 'apt-get update' as root", Fails("novels").Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("letters", "'npm'")]
    [InlineData("novels", "'apt-get'")]
    public void A_missing_tool_is_named(string source, string tool) => Assert.Contains(tool, Fails(source).Message, StringComparison.Ordinal);

    [Fact]
    public void Without_dpkg_deb_a_verified_archive_is_kept()
    {
        var archive = fixture.PlaceArchive(fixture.Novels);
        Assert.Contains("'dpkg-deb'", Fails("novels").Message, StringComparison.Ordinal);
        Assert.True(File.Exists(archive));
    }

    [Fact]
    public void A_tool_that_breaks_off_is_told_with_its_reason()
    {
        fixture.PlaceArchive(fixture.Novels);
        fixture.Tool("dpkg-deb", $"head -c 700 '{DataFixture.Fixture("prose.txt")}'\necho 'dpkg-deb: error: xz failed' >&2\nexit 2");
        Assert.Contains("failed (dpkg-deb: error: xz failed)", Fails("novels").Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_full_disk_during_the_download_is_told_as_such()
    {
        fixture.Tool("npm", "echo 'npm error code ENOSPC\nnpm error ENOSPC: no space left on device, write' >&2\nexit 1");
        Assert.Contains("is full: free some space", Fails("letters").Message, StringComparison.Ordinal);
    }

    [Fact]
    public async Task Fetches_at_once_download_once()
    {
        // The download ends only when another fetch waits for it.
        fixture.Tool("npm", $"i=0; while [ ! -e ../../waiting ] && [ $i -lt 500 ]; do sleep 0.01; i=$((i+1)); done; cp '{DataFixture.Fixture("fixture-letters-1.0.0.tgz")}' .");
        void Report(string line)
        {
            if (line.StartsWith("Waiting", StringComparison.Ordinal)) File.WriteAllText(Path.Combine(fixture.Paths.Data, "waiting"), line);
        }
        var cancellation = TestContext.Current.CancellationToken;
        var files = await Task.WhenAll(Enumerable.Range(0, 4).Select(_ => Task.Run(() => fixture.Fetcher(Report).Fetch("letters", cancellation), cancellation)));
        Assert.Single(files.Distinct());
        Assert.Equal(1, fixture.Calls);
    }

    [Fact]
    public void A_damaged_text_is_made_anew_from_the_archive()
    {
        fixture.PlaceArchive(fixture.Letters);
        var file = fixture.Fetcher().Fetch("letters", TestContext.Current.CancellationToken);
        var right = File.ReadAllText(file);
        File.WriteAllText(file, right[1..]);
        var status = fixture.Fetcher().Verify(fixture.Letters);
        Assert.Equal(DataState.Damaged, status.State);
        Assert.Contains("environment/workbook data fetch letters", status.Message, StringComparison.Ordinal);
        Assert.Equal(right, File.ReadAllText(fixture.Fetcher().Fetch("letters", TestContext.Current.CancellationToken)));
    }

    [Fact]
    public void What_a_killed_fetch_left_does_not_disturb_the_next()
    {
        fixture.Write("data/cache/letters.download/fixture-letters-1.0.0.tgz", "half a dow");
        fixture.Write("data/cache/letters.partial/text.txt", "half a te");
        fixture.Serve("fixture-letters-1.0.0.tgz");
        fixture.Fetcher().Fetch("letters", TestContext.Current.CancellationToken);
        Assert.Equal(["archives", "letters"], Directory.GetDirectories(fixture.Paths.Cache).Select(Path.GetFileName).Order());
    }

    [Fact]
    public void A_cancelled_download_ends_its_tool_and_leaves_nothing()
    {
        fixture.Tool("npm", "sleep 1000");
        using var stop = new CancellationTokenSource();
        var fetching = Task.Run(() => fixture.Fetcher().Fetch("letters", stop.Token), CancellationToken.None);
        Assert.True(SpinWait.SpinUntil(() => fixture.Calls == 1, TimeSpan.FromSeconds(20)));
        stop.Cancel();
        var problem = Assert.Throws<AggregateException>(() => fetching.Wait(TimeSpan.FromSeconds(20), CancellationToken.None));
        Assert.IsAssignableFrom<OperationCanceledException>(problem.InnerException);
        Assert.Equal(["archives"], Directory.GetDirectories(fixture.Paths.Cache).Select(Path.GetFileName));
    }

    [Fact]
    public void A_text_that_changed_with_the_list_is_not_used()
    {
        var list = File.ReadAllText(Path.Combine(fixture.Paths.Data, "sources.json"));
        File.WriteAllText(Path.Combine(fixture.Paths.Data, "sources.json"), list.Replace("\"remove\": \"\\u0002\"", "\"remove\": \"x\"", StringComparison.Ordinal));
        fixture.PlaceArchive(fixture.Letters);
        Assert.Contains("restore data/sources.json", Fails("letters").Message, StringComparison.Ordinal);
    }

    [Fact]
    public void A_cache_that_cannot_be_written_is_told()
    {
        fixture.Write("data/cache", "a file in its place");
        Assert.Contains("make that folder writable", Fails("letters").Message, StringComparison.Ordinal);
    }

    [Fact]
    public void An_unknown_source_is_told_with_those_that_exist()
    {
        var problem = Assert.Throws<ConfigException>(() => fixture.Fetcher().Fetch("lettres", TestContext.Current.CancellationToken));
        Assert.Equal("There is no data source 'lettres': use 'letters', 'novels', or 'file' with the path of your own text, or 'images' with that of your own images.", problem.Message);
    }

    [Theory]
    [InlineData("\"license\"", "\"licence\"")]
    [InlineData("\"npm\"", "\"cargo\"")]
    [InlineData("]", "")]
    public void A_broken_list_of_sources_is_told(string from, string to)
    {
        var file = Path.Combine(fixture.Paths.Data, "sources.json");
        File.WriteAllText(file, File.ReadAllText(file).Replace(from, to, StringComparison.Ordinal));
        Assert.Contains("restore it with git", Assert.Throws<DataException>(() => DataSources.Load(fixture.Paths)).Message, StringComparison.Ordinal);
    }
}
