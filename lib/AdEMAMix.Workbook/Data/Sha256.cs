using System.Security.Cryptography;

namespace AdEMAMix.Workbook;

/// <summary>SHA-256 as it is written in data/sources.json: lower-case hexadecimal.</summary>
static class Sha256
{
    public static string Of(ReadOnlySpan<byte> bytes) => Convert.ToHexStringLower(SHA256.HashData(bytes));

    public static string OfFile(string path)
    {
        using var stream = File.OpenRead(path);
        return Convert.ToHexStringLower(SHA256.HashData(stream));
    }

    /// <summary>Enough of a hash to compare by eye.</summary>
    public static string Short(string hash) => hash.Length > 12 ? hash[..12] + "…" : hash;
}
