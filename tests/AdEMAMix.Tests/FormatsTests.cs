using Xunit;

namespace AdEMAMix.Tests;

public unsafe class FormatsTests
{
    [Fact]
    public void BFloat16_rounds_to_nearest_even_and_keeps_NaN()
    {
        float[] source = [1f, 1.00390625f, 1.01171875f, 1.004f, -2.5f, float.NaN, float.PositiveInfinity, float.MaxValue, 0f, -0f, 3e-40f];
        ushort[] expected = [0x3F80, 0x3F80, 0x3F82, 0x3F81, 0xC020, 0x7FC0, 0x7F80, 0x7F80, 0x0000, 0x8000, 0x0003];
        for (var copies = 1; copies < 5; copies++)
        {
            var many = Enumerable.Repeat(source, copies).SelectMany(x => x).ToArray();
            var encoded = new ushort[many.Length];
            fixed (float* s = many)
            fixed (ushort* t = encoded)
                BFloat16.Encode(s, t, many.Length);
            Assert.Equal(Enumerable.Repeat(expected, copies).SelectMany(x => x).Select(x => (x & 0x7F80) == 0x7F80 && (x & 0x7F) != 0 ? 0x7FC0 : x),
                encoded.Select(x => (x & 0x7F80) == 0x7F80 && (x & 0x7F) != 0 ? 0x7FC0 : (int)x));
        }
    }

    [Fact]
    public void Stochastic_rounding_is_right_on_average_and_reproducible_at_any_position()
    {
        const int count = 100_000;
        var value = BitConverter.UInt32BitsToSingle(0x3F804000);    // a quarter of the way from 1 to the next bfloat16
        var source = Enumerable.Repeat(value, count).ToArray();
        var (whole, pieces) = (new ushort[count], new ushort[count]);
        fixed (float* s = source)
        fixed (ushort* w = whole, p = pieces)
        {
            BFloat16.EncodeStochastic(s, w, count, key: 42, position: 0);
            for (var i = 0; i < count; i += 777)
                BFloat16.EncodeStochastic(s + i, p + i, Math.Min(777, count - i), key: 42, position: i);
        }
        Assert.Equal(whole, pieces);
        Assert.Equal(0.25, whole.Count(x => x == 0x3F81) / (double)count, 0.005);
        Assert.Equal(count, whole.Count(x => x is 0x3F80 or 0x3F81));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Every_eight_bit_code_survives_decoding_and_encoding(bool signed)
    {
        // One block that holds every code, the largest included, so that its scale is known.
        var codes = Enumerable.Range(0, 256).Select(k => signed ? (byte)(sbyte)Math.Max(k - 128, -127) : (byte)k).ToArray();
        var (numbers, again) = (new float[256], new byte[256]);
        fixed (byte* c = codes, t = again)
        fixed (float* n = numbers)
        {
            EightBit.Decode(c, 0.75f, signed, n, 256);
            Assert.Equal(0.75f, EightBit.EncodeNearest(n, signed, t, 256));
            Assert.Equal(codes, again);
            Array.Clear(again);
            EightBit.Encode(n, signed, t, 256, key: 1, position: 0);
        }
        // A decoded value is off its code by a rounding error of float, which stochastic rounding turns up once in a million.
        Assert.Equal(codes, again);
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public void Eight_bits_are_right_on_average(bool signed)
    {
        var source = Make.Numbers(3, 200).Select(x => (float)(signed ? x : x * x)).ToArray();
        var (codes, decoded, mean) = (new byte[200], new float[200], new double[200]);
        fixed (float* s = source, d = decoded)
        fixed (byte* c = codes)
            for (var round = 0; round < 4000; round++)
            {
                var scale = EightBit.Encode(s, signed, c, 200, key: (uint)round, position: 0);
                EightBit.Decode(c, scale, signed, d, 200);
                for (var i = 0; i < 200; i++)
                    mean[i] += decoded[i] / 4000.0;
            }
        var largest = source.Max(Math.Abs);
        Assert.All(source.Zip(mean), pair => Assert.Equal(pair.First, pair.Second, 0.001 * largest));
    }

    [Fact]
    public void A_second_moment_above_zero_never_becomes_zero()
    {
        var source = Enumerable.Range(0, 256).Select(i => i == 0 ? 1f : i % 2 == 0 ? 0f : MathF.Pow(10, -i / 8f)).ToArray();
        var (codes, decoded) = (new byte[256], new float[256]);
        fixed (float* s = source, d = decoded)
        fixed (byte* c = codes)
            EightBit.Decode(c, EightBit.Encode(s, signed: false, c, 256, key: 9, position: 0), signed: false, d, 256);
        Assert.All(source.Zip(decoded), pair => Assert.Equal(pair.First > 0, pair.Second > 0));
    }

    [Fact]
    public void A_block_with_NaN_stays_NaN()
    {
        var (source, codes, decoded) = (new float[300], new byte[300], new float[300]);
        source[123] = float.NaN;
        fixed (float* s = source, d = decoded)
        fixed (byte* c = codes)
            EightBit.Decode(c, EightBit.Encode(s, signed: true, c, 256, key: 9, position: 0), signed: true, d, 256);
        Assert.All(decoded.Take(256), x => Assert.True(float.IsNaN(x)));
    }
}
