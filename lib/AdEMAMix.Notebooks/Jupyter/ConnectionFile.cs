// Where a kernel listens and with what key: the file that a front end writes before it starts one.
using System.Net;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;

namespace AdEMAMix.Notebooks;

/// <summary>A connection file. Only what a kernel may safely serve is accepted: this machine, and messages that are signed.</summary>
public sealed record ConnectionFile
{
    const string Scheme = "hmac-sha256";

    /// <summary><c>tcp</c> or <c>ipc</c>.</summary>
    public required string Transport { get; init; }

    /// <summary>A loopback address; for ipc the beginning of the sockets' file names.</summary>
    public required string Ip { get; init; }

    /// <summary>Requests of the front end.</summary>
    public required int ShellPort { get; init; }

    /// <summary>What all front ends see.</summary>
    public required int IOPubPort { get; init; }

    /// <summary>Questions of a cell to the reader.</summary>
    public required int StdinPort { get; init; }

    /// <summary>Requests that are answered while a cell runs.</summary>
    public required int ControlPort { get; init; }

    /// <summary>Echo, by which the front end knows that the kernel lives.</summary>
    public required int HeartbeatPort { get; init; }

    /// <summary>The key that both sides sign with.</summary>
    public required ReadOnlyMemory<byte> Key { get; init; }

    /// <summary>Reads and checks a file.</summary>
    /// <exception cref="NotebookException">There is none, it is not a connection file, or it asks for what is not safe.</exception>
    public static ConnectionFile Load(string path)
    {
        try
        {
            return Parse(File.ReadAllText(path), path);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new NotebookException($"The connection file '{path}' cannot be read ({e.Message.TrimEnd('.')}): a front end such as Jupyter writes it; to start one, run 'jupyter notebook' or open a notebook in VS Code.", e);
        }
    }

    /// <summary>Reads and checks a file's text.</summary>
    /// <param name="json">The text.</param>
    /// <param name="path">What errors call it.</param>
    /// <exception cref="NotebookException">It is not a connection file, or it asks for what is not safe.</exception>
    public static ConnectionFile Parse(string json, string path)
    {
        JsonObject file;
        try
        {
            file = JsonNode.Parse(json, documentOptions: new JsonDocumentOptions { AllowDuplicateProperties = false }) as JsonObject ?? throw new JsonException("it is not an object");
        }
        catch (JsonException e)
        {
            throw new NotebookException($"The connection file '{path}' is not valid JSON ({e.Message.TrimEnd('.')}): let the front end start the kernel again, which writes a new one.", e);
        }
        var transport = file.ContainsKey("transport") ? Text("transport") : "tcp";
        if (transport is not ("tcp" or "ipc")) throw Refused($"transport '{transport}'", "this kernel speaks tcp and ipc");
        var ip = Text("ip");
        if (transport == "tcp" && !(ip == "localhost" || (IPAddress.TryParse(ip, out var address) && IPAddress.IsLoopback(address))))
            throw Refused($"ip '{ip}'", "this kernel runs code for this machine only, so let the front end use 127.0.0.1 (and an SSH tunnel from elsewhere)");
        if (transport == "ipc" && (ip.Length == 0 || ip.Any(char.IsControl))) throw Refused($"ip '{ip}'", "for ipc it is the beginning of a file's path");
        var scheme = file.ContainsKey("signature_scheme") ? Text("signature_scheme") : Scheme;
        if (scheme != Scheme) throw Refused($"signature_scheme '{scheme}'", $"this kernel signs with {Scheme}, the protocol's standard");
        var key = Text("key");
        if (key.Length == 0) throw Refused("an empty key", "unsigned messages would let every user of this machine run code, so remove Session.key from the Jupyter configuration");
        int[] ports = [Port("shell_port"), Port("iopub_port"), Port("stdin_port"), Port("control_port"), Port("hb_port")];
        if (ports.Distinct().Count() != ports.Length) throw Refused("one port twice", "each channel needs its own");
        return new ConnectionFile
        {
            Transport = transport,
            Ip = ip,
            ShellPort = ports[0],
            IOPubPort = ports[1],
            StdinPort = ports[2],
            ControlPort = ports[3],
            HeartbeatPort = ports[4],
            Key = Encoding.UTF8.GetBytes(key),
        };

        string Text(string name) => MultilineText.IsString(file[name]) ? file[name]!.GetValue<string>()
            : throw new NotebookException($"The connection file '{path}' has no text for '{name}': let the front end start the kernel again, which writes a new one.");

        int Port(string name) => file[name] is JsonValue value && value.GetValueKind() == JsonValueKind.Number && value.TryGetValue(out int port) && port is > 0 and < 65536 ? port
            : throw new NotebookException($"The connection file '{path}' has no port from 1 to 65535 for '{name}': let the front end start the kernel again, which writes a new one.");

        NotebookException Refused(string what, string remedy) => new($"The connection file '{path}' asks for {what}, which is refused: {remedy}.");
    }

    /// <summary>The address of one port, as ZeroMQ writes it.</summary>
    internal string Address(int port) => Transport == "ipc" ? $"ipc://{Ip}-{port}"
        : Ip.Contains(':', StringComparison.Ordinal) ? $"tcp://[{Ip}]:{port}"
        : $"tcp://{(Ip == "localhost" ? "127.0.0.1" : Ip)}:{port}";
}
