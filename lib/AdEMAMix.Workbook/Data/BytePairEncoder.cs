using System.Diagnostics.CodeAnalysis;

namespace AdEMAMix.Workbook;

/// <summary>Byte-pair encoding (Sennrich, Haddow and Birch 2016) over bytes: of all neighbours the pair that was learned first is merged, until no pair is known.</summary>
/// <remarks>Not safe for several threads at once: results are kept, as a text repeats its words.</remarks>
sealed class BytePairEncoder
{
    const int MostKept = 1 << 18;
    const int LongestKept = 64;
    const int None = -1;

    readonly ushort[] tokenOfByte;
    readonly Dictionary<uint, (int Rank, ushort Token)> merges;
    readonly Dictionary<byte[], ushort[]> known = new(new Bytes());
    readonly Dictionary<byte[], ushort[]>.AlternateLookup<ReadOnlySpan<byte>> lookup;
    readonly PriorityQueue<(int At, uint Pair), long> queue = new();

    /// <param name="tokenOfByte">The token of each byte, [256].</param>
    /// <param name="merges">Pairs and what they become, in the order in which they were learned.</param>
    public BytePairEncoder(ushort[] tokenOfByte, IEnumerable<(ushort Left, ushort Right, ushort Token)> merges)
    {
        this.tokenOfByte = tokenOfByte;
        this.merges = merges.Index().ToDictionary(m => Pair(m.Item.Left, m.Item.Right), m => (m.Index, m.Item.Token));
        lookup = known.GetAlternateLookup<ReadOnlySpan<byte>>();
    }

    /// <summary>Adds the tokens of some bytes.</summary>
    public void Encode(ReadOnlySpan<byte> bytes, List<ushort> tokens)
    {
        if (bytes.Length == 1)
        {
            tokens.Add(tokenOfByte[bytes[0]]);
            return;
        }
        if (lookup.TryGetValue(bytes, out var found))
        {
            tokens.AddRange(found.AsSpan());
            return;
        }
        var merged = Merge(bytes);
        if (bytes.Length <= LongestKept && known.Count < MostKept) lookup[bytes] = merged;
        tokens.AddRange(merged.AsSpan());
    }

    // A linked list of tokens and a queue of its pairs by rank, then place: n log n even for a million letters without a space.
    ushort[] Merge(ReadOnlySpan<byte> bytes)
    {
        var count = bytes.Length;
        var token = new int[count];
        var (next, previous) = (new int[count], new int[count]);
        for (var i = 0; i < count; i++) (token[i], previous[i], next[i]) = (tokenOfByte[bytes[i]], i - 1, i + 1 < count ? i + 1 : None);
        queue.Clear();
        for (var i = 0; i < count - 1; i++) Enqueue(i);
        while (queue.TryDequeue(out var candidate, out _))
        {
            var at = candidate.At;
            // One of the two was merged with another in the meantime.
            if (token[at] == None || next[at] == None || Pair((ushort)token[at], (ushort)token[next[at]]) != candidate.Pair) continue;
            var gone = next[at];
            token[at] = merges[candidate.Pair].Token;
            token[gone] = None;
            next[at] = next[gone];
            if (next[at] != None)
            {
                previous[next[at]] = at;
                Enqueue(at);
            }
            if (previous[at] != None) Enqueue(previous[at]);
        }
        return [.. token.Where(value => value != None).Select(value => (ushort)value)];

        void Enqueue(int at)
        {
            var pair = Pair((ushort)token[at], (ushort)token[next[at]]);
            if (merges.TryGetValue(pair, out var merge)) queue.Enqueue((at, pair), (long)merge.Rank << 32 | (uint)at);
        }
    }

    static uint Pair(ushort left, ushort right) => (uint)left << 16 | right;

    sealed class Bytes : IEqualityComparer<byte[]>, IAlternateEqualityComparer<ReadOnlySpan<byte>, byte[]>
    {
        public bool Equals(byte[]? x, byte[]? y) => x.AsSpan().SequenceEqual(y);

        public int GetHashCode([DisallowNull] byte[] bytes) => GetHashCode(bytes.AsSpan());

        public bool Equals(ReadOnlySpan<byte> alternate, byte[] other) => alternate.SequenceEqual(other);

        public int GetHashCode(ReadOnlySpan<byte> alternate)
        {
            var hash = new HashCode();
            hash.AddBytes(alternate);
            return hash.ToHashCode();
        }

        public byte[] Create(ReadOnlySpan<byte> alternate) => alternate.ToArray();
    }
}
