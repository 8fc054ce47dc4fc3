// Which connections the kernel serves, and the sentence with which it refuses the others.
namespace AdEMAMix.Notebooks.Tests.Jupyter;

public class ConnectionFileTests
{
    const string Good = """
        {"shell_port": 5001, "iopub_port": 5002, "stdin_port": 5003, "control_port": 5004, "hb_port": 5005, "ip": "127.0.0.1", "key": "secret", "transport": "tcp",
         "signature_scheme": "hmac-sha256", "kernel_name": ".net-csharp", "jupyter_session": ""}
        """;

    [Fact]
    public void A_file_that_Jupyter_wrote_is_read()
    {
        var file = ConnectionFile.Parse(Good, "kernel.json");
        Assert.Equal((5001, 5002, 5003, 5004, 5005), (file.ShellPort, file.IOPubPort, file.StdinPort, file.ControlPort, file.HeartbeatPort));
        Assert.Equal("tcp://127.0.0.1:5001", file.Address(file.ShellPort));
        Assert.Equal("secret"u8, file.Key.Span);
    }

    [Theory]
    [InlineData("localhost", "tcp://127.0.0.1:1")]
    [InlineData("127.0.0.9", "tcp://127.0.0.9:1")]
    [InlineData("::1", "tcp://[::1]:1")]
    public void Every_loopback_address_will_do(string ip, string address) =>
        Assert.Equal(address, ConnectionFile.Parse(Good.Replace("127.0.0.1", ip, StringComparison.Ordinal), "kernel.json").Address(1));

    [Fact]
    public void Sockets_may_be_files() =>
        Assert.Equal("ipc:///tmp/kernel-5001", ConnectionFile.Parse(Good.Replace("127.0.0.1", "/tmp/kernel", StringComparison.Ordinal).Replace("\"tcp\"", "\"ipc\"", StringComparison.Ordinal), "kernel.json").Address(5001));

    [Theory]
    [InlineData("127.0.0.1", "0.0.0.0", "0.0.0.0")]
    [InlineData("127.0.0.1", "*", "'*'")]
    [InlineData("127.0.0.1", "192.168.1.5", "192.168.1.5")]
    [InlineData("127.0.0.1", "::", "'::'")]
    [InlineData("127.0.0.1", "example.org", "example.org")]
    [InlineData("\"tcp\"", "\"pgm\"", "pgm")]
    [InlineData("\"secret\"", "\"\"", "key")]
    [InlineData("\"secret\"", "5", "key")]
    [InlineData("hmac-sha256", "hmac-md5", "hmac-md5")]
    [InlineData("5001", "0", "shell_port")]
    [InlineData("5001", "70000", "shell_port")]
    [InlineData("5001", "\"5001\"", "shell_port")]
    [InlineData("5001", "5002", "twice")]
    [InlineData("\"hb_port\"", "\"heart\"", "hb_port")]
    [InlineData("}", "", "JSON")]
    public void Everything_else_is_refused_in_one_sentence_that_names_it(string right, string wrong, string named)
    {
        var error = Assert.Throws<NotebookException>(() => ConnectionFile.Parse(Good.Replace(right, wrong, StringComparison.Ordinal), "kernel.json"));
        Assert.Contains(named, error.Message);
        Assert.Contains("kernel.json", error.Message);
        Assert.DoesNotContain('\n', error.Message);
    }

    [Fact]
    public void A_file_that_is_not_there_is_named() =>
        Assert.Contains("none.json", Assert.Throws<NotebookException>(() => ConnectionFile.Load("none.json")).Message);
}
