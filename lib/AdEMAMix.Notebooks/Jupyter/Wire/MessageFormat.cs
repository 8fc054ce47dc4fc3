// Messages as frames: [peers..., <IDS|MSG>, signature, header, parent header, metadata, content, buffers...], signed with HMAC-SHA256.
using System.Diagnostics;
using System.Globalization;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Unicode;

namespace AdEMAMix.Notebooks;

/// <summary>Why a message was not taken; the text is for the kernel's log.</summary>
sealed class MessageException(string message) : Exception(message);

/// <summary>Reads and writes the frames of one connection. A signature counts once: a message that was recorded and sent again is refused.</summary>
/// <param name="key">The connection's key.</param>
sealed class MessageFormat(ReadOnlyMemory<byte> key)
{
    const int SignedFrames = 4;
    const int RememberedSignatures = 1 << 16;
    const int DeepestJson = 128;

    static readonly byte[] Delimiter = "<IDS|MSG>"u8.ToArray();
    static readonly JsonDocumentOptions Json = new() { MaxDepth = DeepestJson, AllowDuplicateProperties = false };

    // Front ends compare versions as text of this form.
    public const string ProtocolVersion = "5.3";

    readonly byte[] _key = key.ToArray();
    readonly string _session = Guid.NewGuid().ToString();
    readonly HashSet<string> _seen = new(StringComparer.Ordinal);
    readonly Queue<string> _order = new();
    long _sent;

    /// <summary>The kernel's own id, a part of all ids that it makes.</summary>
    public string Session => _session;

    /// <summary>Reads a message.</summary>
    /// <exception cref="MessageException">It is cut short, not signed with the key, seen before, or not what the protocol calls a message.</exception>
    public JupyterRequest Parse(IReadOnlyList<byte[]> frames)
    {
        var start = 0;
        while (start < frames.Count && !frames[start].AsSpan().SequenceEqual(Delimiter)) start++;
        if (start == frames.Count) throw new MessageException("it has no delimiter");
        if (frames.Count < start + 2 + SignedFrames) throw new MessageException($"it ends after {frames.Count - start - 1} of {1 + SignedFrames} frames");
        var signature = frames[start + 1];
        Span<byte> expected = stackalloc byte[2 * HMACSHA256.HashSizeInBytes];
        Sign(frames, start + 2, expected);
        if (!CryptographicOperations.FixedTimeEquals(signature, expected)) throw new MessageException("its signature is not of this connection's key");
        var header = Object(frames[start + 2], "header");
        _ = Object(frames[start + 3], "parent header");
        _ = Object(frames[start + 4], "metadata");
        var content = Object(frames[start + 5], "content");
        var message = new JupyterRequest([.. frames.Take(start)], new MessageHeader(Text(header, "msg_id"), Text(header, "msg_type"), header), content) { Arrived = Stopwatch.GetTimestamp() };
        Remember(Encoding.ASCII.GetString(signature));
        return message;
    }

    /// <summary>The frames of a message, with a new id and a signature.</summary>
    public List<byte[]> Write(JupyterAnswer answer)
    {
        var header = new JsonObject
        {
            ["msg_id"] = string.Create(CultureInfo.InvariantCulture, $"{_session}_{Interlocked.Increment(ref _sent)}"),
            ["session"] = _session,
            ["username"] = "kernel",
            ["date"] = DateTime.UtcNow.ToString("yyyy-MM-dd'T'HH:mm:ss.ffffff'Z'", CultureInfo.InvariantCulture),
            ["msg_type"] = answer.Type,
            ["version"] = ProtocolVersion,
        };
        var frames = new List<byte[]>(answer.Peers) { Delimiter, new byte[2 * HMACSHA256.HashSizeInBytes], Bytes(header), Bytes(answer.Parent?.Json ?? []), "{}"u8.ToArray(), Bytes(answer.Content) };
        Sign(frames, answer.Peers.Count + 2, frames[answer.Peers.Count + 1]);
        return frames;
    }

    /// <summary>Writes the signature of four frames, in the hexadecimal digits that go on the wire.</summary>
    void Sign(IReadOnlyList<byte[]> frames, int first, Span<byte> signature)
    {
        using var hash = IncrementalHash.CreateHMAC(HashAlgorithmName.SHA256, _key);
        for (var i = 0; i < SignedFrames; i++) hash.AppendData(frames[first + i]);
        Span<byte> digest = stackalloc byte[HMACSHA256.HashSizeInBytes];
        hash.GetHashAndReset(digest);
        Convert.TryToHexStringLower(digest, signature, out _);
    }

    void Remember(string signature)
    {
        if (!_seen.Add(signature)) throw new MessageException("it was sent before");
        _order.Enqueue(signature);
        if (_order.Count > RememberedSignatures) _seen.Remove(_order.Dequeue());
    }

    static JsonObject Object(byte[] frame, string what)
    {
        if (!Utf8.IsValid(frame)) throw new MessageException($"its {what} is not UTF-8");
        try
        {
            var node = JsonNode.Parse(frame, documentOptions: Json) as JsonObject ?? throw new MessageException($"its {what} is not a JSON object");
            ReadStrings(node);
            return node;
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or ArgumentException)
        {
            throw new MessageException($"its {what} is not JSON");
        }
    }

    // The parser leaves escapes such as half a surrogate pair to whoever reads the text; here is the place to refuse them.
    static void ReadStrings(JsonNode? node)
    {
        switch (node)
        {
            case JsonObject map:
                foreach (var (_, value) in map) ReadStrings(value);
                break;
            case JsonArray list:
                foreach (var item in list) ReadStrings(item);
                break;
            case JsonValue value when value.GetValueKind() == JsonValueKind.String:
                _ = value.GetValue<string>();
                break;
        }
    }

    static string Text(JsonObject header, string name) =>
        MultilineText.IsString(header[name]) && header[name]!.GetValue<string>() is { Length: > 0 } text ? text : throw new MessageException($"its header has no {name}");

    static byte[] Bytes(JsonNode node) => Encoding.UTF8.GetBytes(JsonText.WriteCompact(node));
}
