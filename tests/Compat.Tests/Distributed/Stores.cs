using System.Text;
using Xunit;
using static TorchSharp.distributed;

namespace Compat.Tests.Distributed;

public sealed class Stores
{
    static TCPStore Serve()
    {
        Assert.SkipUnless(File.Exists(Path.Combine(AppContext.BaseDirectory, "libCompatC10d.so")), "this libtorch has no c10d");
        return new("127.0.0.1", 0, is_master: true);
    }

    [Fact]
    public void What_one_sets_another_gets()
    {
        using var server = Serve();
        using var client = new TCPStore("localhost", server.Port);
        var large = Enumerable.Range(0, 100_000).Select(i => (byte)i).ToArray();
        server.set("text", "größer");
        client.set("large", large);
        client.set("empty", "");
        Assert.Equal("größer", Encoding.UTF8.GetString(client.get("text")));
        Assert.Equal(large, server.get("large"));
        Assert.Empty(server.get("empty"));
        Assert.Equal(5, server.add("sum", 5));
        Assert.Equal(3, client.add("sum", -2));
        Assert.True(client.check(["text", "sum"]));
        Assert.False(client.check(["text", "other"]));
    }

    [Fact]
    public async Task Get_waits_for_the_key()
    {
        using var server = Serve();
        using var client = new TCPStore("127.0.0.1", server.Port);
        var waiting = Task.Run(() => client.get("late"), TestContext.Current.CancellationToken);
        server.set("late", "here");
        Assert.Equal("here", Encoding.UTF8.GetString(await waiting));
    }

    [Fact]
    public void Wait_that_times_out_names_the_key_and_leaves_the_store_usable()
    {
        using var server = Serve();
        server.set("there", "");
        var error = Assert.Throws<DistError>(() => server.wait(["there", "absent"], TimeSpan.FromMilliseconds(50)));
        Assert.Equal($"The store at 127.0.0.1:{server.Port} did not get the keys absent within 0.05 s.", error.Message);
        server.set("absent", "");
        server.wait(["there", "absent"]);
    }

    [Fact]
    public void Store_whose_server_is_gone_says_so()
    {
        var server = Serve();
        using var client = new TCPStore("127.0.0.1", server.Port);
        server.Dispose();
        Assert.StartsWith($"The store at 127.0.0.1:{client.Port} no longer answers", Assert.Throws<DistError>(() => client.set("key", "value")).Message);
        Assert.Throws<ObjectDisposedException>(() => server.set("key", "value"));
    }

    [Theory]
    [InlineData(-1)]
    [InlineData(65536)]
    [InlineData(0)]
    public void Port_that_is_none_is_refused(int port) =>
        Assert.Throws<ArgumentOutOfRangeException>(() => new TCPStore("127.0.0.1", port));
}
