// Frames in and out: what was written is read, what was changed on the way is not.
using System.Diagnostics;
using System.Security.Cryptography;
using System.Text;
using System.Text.Json.Nodes;

namespace AdEMAMix.Notebooks.Tests.Jupyter;

public class MessageFormatTests
{
    static readonly byte[] Key = "the key"u8.ToArray();

    static List<byte[]> Request(string type = "execute_request", string content = """{"code": "\"😀\" + 'ä'", "silent": false}""") =>
        Signed([Encoding.UTF8.GetBytes($$"""{"msg_id": "1", "msg_type": "{{type}}", "session": "s", "username": "u", "date": "2026-01-02T03:04:05Z", "version": "5.3"}"""), "{}"u8.ToArray(), "{}"u8.ToArray(), Encoding.UTF8.GetBytes(content)]);

    /// <summary>A peer, the delimiter, the signature as Python's hmac writes it, and the four frames.</summary>
    static List<byte[]> Signed(byte[][] frames) =>
        [[0, 1, 2, 3, 4], "<IDS|MSG>"u8.ToArray(), Encoding.ASCII.GetBytes(Convert.ToHexStringLower(HMACSHA256.HashData(Key, frames.Take(4).SelectMany(f => f).ToArray()))), .. frames];

    [Fact]
    public void A_signed_message_is_read_with_its_peers()
    {
        var message = new MessageFormat(Key).Parse(Request());
        Assert.Equal([0, 1, 2, 3, 4], Assert.Single(message.Peers));
        Assert.Equal(("1", "execute_request"), (message.Header.Id, message.Header.Type));
        Assert.Equal("\"😀\" + 'ä'", message.Content["code"]!.GetValue<string>());
    }

    [Fact]
    public void What_is_written_is_read_by_the_other_side()
    {
        var request = new MessageFormat(Key).Parse(Request());
        var frames = new MessageFormat(Key).Write(new JupyterAnswer("execute_reply", new JsonObject { ["text"] = "half a character \ud83d and \u2028 😀" }, request.Header, request.Peers));
        Assert.Equal("1", JsonNode.Parse(frames[4])!["msg_id"]!.GetValue<string>());
        var read = new MessageFormat(Key).Parse(frames);
        Assert.Equal("half a character \ufffd and \u2028 😀", read.Content["text"]!.GetValue<string>());
    }

    [Fact]
    public void A_message_counts_once()
    {
        var format = new MessageFormat(Key);
        var request = Request();
        format.Parse(request);
        Assert.Contains("before", Assert.Throws<MessageException>(() => format.Parse(request)).Message);
    }

    [Fact]
    public void Buffers_after_the_content_are_no_part_of_the_signature()
    {
        var frames = Request();
        frames.Add([1, 2, 3]);
        Assert.Equal("1", new MessageFormat(Key).Parse(frames).Header.Id);
    }

    [Theory]
    [InlineData("[]", "header")]
    [InlineData("null", "header")]
    [InlineData("{", "header")]
    [InlineData("""{"msg_id": "1"}""", "msg_type")]
    [InlineData("""{"msg_id": 1, "msg_type": "x"}""", "msg_id")]
    [InlineData("""{"msg_id": "", "msg_type": "x"}""", "msg_id")]
    [InlineData("""{"msg_id": "1", "msg_id": "2", "msg_type": "x"}""", "header")]
    [InlineData("""{"msg_id": "\ud800", "msg_type": "x"}""", "header")]
    public void A_header_that_is_none_is_refused(string header, string named) =>
        Assert.Contains(named, Assert.Throws<MessageException>(() => new MessageFormat(Key).Parse(Signed([Encoding.UTF8.GetBytes(header), "{}"u8.ToArray(), "{}"u8.ToArray(), "{}"u8.ToArray()]))).Message);

    [Fact]
    public void Text_that_is_not_UTF8_is_refused() =>
        Assert.Contains("UTF-8", Assert.Throws<MessageException>(() => new MessageFormat(Key).Parse(Signed(["{\"msg_id\":\"1\",\"msg_type\":\"x\"}"u8.ToArray(), "{}"u8.ToArray(), "{}"u8.ToArray(), [(byte)'{', (byte)'"', 0xff, (byte)'"', (byte)':', (byte)'1', (byte)'}']]))).Message);

    [Fact]
    public void A_signature_of_another_key_is_refused()
    {
        var frames = Request();
        Assert.Contains("signature", Assert.Throws<MessageException>(() => new MessageFormat("another"u8.ToArray()).Parse(frames)).Message);
        frames[2] = [];
        Assert.Contains("signature", Assert.Throws<MessageException>(() => new MessageFormat(Key).Parse(frames)).Message);
    }

    [Fact]
    public void No_change_of_one_signed_byte_passes()
    {
        var format = new MessageFormat(Key);
        for (var frame = 2; frame < 7; frame++)
            for (var i = 0; i < Request()[frame].Length; i++)
            {
                var frames = Request();
                frames[frame][i] ^= 1;
                Assert.Throws<MessageException>(() => format.Parse(frames));
            }
    }

    // Half of the mutations are signed, as if a front end had made them, so that they get past the signature to the JSON.
    [Fact]
    public void Sixty_thousand_random_mutations_are_each_read_or_refused_with_a_reason()
    {
        const int count = 60_000;
        var random = new Random(20260101);
        var clock = Stopwatch.StartNew();
        var format = new MessageFormat(Key);
        var (read, refused) = (0, 0);
        for (var i = 0; i < count; i++)
        {
            var frames = Request(content: """{"code": "1+1", "n": [1, 2.5e3, null, true, {"a": "\u00e4"}], "user_expressions": {}}""");
            var signed = random.Next(2) == 0;
            for (var times = random.Next(1, 5); times > 0; times--) Mutate(frames, random, signed ? 3 : 0);
            if (signed && frames.Count >= 7) frames = [.. frames.Take(3), .. frames.Skip(3)];
            if (signed && frames.Count >= 7) frames[2] = Signed([.. frames.Skip(3)])[2];
            try
            {
                var message = format.Parse(frames);
                Assert.NotEmpty(message.Header.Id);
                Assert.NotEmpty(message.Header.Type);
                _ = JsonText.WriteCompact(message.Content);
                read++;
            }
            catch (MessageException reason)
            {
                Assert.NotEmpty(reason.Message);
                refused++;
            }
        }
        Assert.Equal(count, read + refused);
        Assert.InRange(read, 100, count - 100);
        Assert.True(clock.Elapsed < TimeSpan.FromSeconds(60), $"{clock.Elapsed}");
    }

    static void Mutate(List<byte[]> frames, Random random, int from)
    {
        if (frames.Count <= from)
        {
            frames.Add([(byte)random.Next(256)]);
            return;
        }
        var at = random.Next(from, frames.Count);
        var frame = frames[at].ToArray();
        switch (random.Next(8))
        {
            case 0 when frame.Length > 0: frame[random.Next(frame.Length)] = (byte)random.Next(256); break;
            case 1 when frame.Length > 0: frame[random.Next(frame.Length)] ^= (byte)(1 << random.Next(8)); break;
            case 2: frame = frame[..random.Next(frame.Length + 1)]; break;
            case 3: frame = [.. frame, .. frame]; break;
            case 4:
                var noise = new byte[random.Next(64)];
                random.NextBytes(noise);
                var place = random.Next(frame.Length + 1);
                frame = [.. frame[..place], .. noise, .. frame[place..]];
                break;
            case 5:
                frames.RemoveAt(at);
                return;
            case 6:
                frames.Insert(at, frames[random.Next(frames.Count)]);
                return;
            default: frame = Encoding.UTF8.GetBytes(string.Concat(Enumerable.Repeat(random.Next(2) == 0 ? "[" : "{\"a\":", random.Next(1, 400)))); break;
        }
        frames[at] = frame;
    }
}
