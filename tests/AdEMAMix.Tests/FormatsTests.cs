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
        fixed (uint* random = Random(count, key: 42))
        fixed (float* s = source)
        fixed (ushort* w = whole, p = pieces)
        {
            BFloat16.EncodeStochastic(s, w, count, random, shift: 6);
            for (var i = 0; i < count; i += 777)
                fixed (uint* piece = Random(Math.Min(777, count - i), key: 42, position: i))
                    BFloat16.EncodeStochastic(s + i, p + i, Math.Min(777, count - i), piece, shift: 6);
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
        var codes = Enumerable.Range(0, 256).Select(k => (byte)k).ToArray();
        var (numbers, again) = (new float[256], new byte[256]);
        fixed (uint* random = Random(256, key: 1))
        fixed (byte* c = codes, t = again)
        fixed (float* n = numbers)
        {
            EightBit.Decode(c, 0.75f, signed, n, 256);
            Assert.Equal(0.75f, EightBit.EncodeNearest(n, signed, t, 256));
            Assert.Equal(codes, again);
            Array.Clear(again);
            Encode(n, signed, t, 256, random, shift: 0);
        }
        // A decoded value is off its code by a rounding error of float, which stochastic rounding turns up once in a million.
        Assert.Equal(codes, again);
    }

    [Theory]
    [InlineData(true, 1 / 16.0, 1 / 1900.0)]
    [InlineData(false, 1 / 16.0, 1 / 1_000_000.0)]
    public void An_eight_bit_code_is_as_fine_as_promised(bool signed, double relative, double absolute)
    {
        // From the scale down to what rounds to zero, the largest first in every block.
        for (var magnitude = 1.0; magnitude > 1e-8; magnitude *= 0.93)
        {
            var source = Enumerable.Range(0, 256).Select(i => i == 0 ? 0.75f : (float)(0.75 * magnitude * (1 - i / 4000.0) * (signed && i % 2 == 1 ? -1 : 1))).ToArray();
            var (codes, near, drawn) = (new byte[256], new float[256], new float[256]);
            fixed (uint* random = Random(256, key: 5))
            fixed (float* s = source, n = near, d = drawn)
            fixed (byte* c = codes)
            {
                EightBit.Decode(c, EightBit.EncodeNearest(s, signed, c, 256), signed, n, 256);
                EightBit.Decode(c, Encode(s, signed, c, 256, random, shift: 6), signed, d, 256);
            }
            for (var i = 0; i < 256; i++)
            {
                var step = relative * Math.Abs(source[i]) + absolute * 0.75;
                Assert.True(Math.Abs(near[i] - source[i]) <= step / 2 || (!signed && near[i] < absolute), $"{source[i]} became {near[i]} by nearest rounding");
                Assert.True(Math.Abs(drawn[i] - source[i]) <= step, $"{source[i]} became {drawn[i]} by stochastic rounding");
            }
        }
    }

    [Fact]
    public void A_largest_magnitude_that_is_decoded_keeps_its_scale()
    {
        // Were a rounding error enough to raise it, scales would creep up step by step.
        var (codes, numbers) = (new byte[256], new float[256]);
        codes[7] = 127;
        fixed (float* n = numbers)
        fixed (byte* c = codes)
            for (var exponent = -60; exponent < 60; exponent++)
                foreach (var mantissa in (ReadOnlySpan<float>)[1, 1.25f, 1.5f, 1.75f])
                {
                    var scale = MathF.ScaleB(mantissa, exponent);
                    EightBit.Decode(c, scale, signed: true, n, 256);
                    Assert.Equal(scale, EightBit.EncodeNearest(n, signed: true, c, 256));
                    Assert.Equal(127, codes[7]);
                }
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
                fixed (uint* random = Random(200, key: (uint)round))
                    EightBit.Decode(c, Encode(s, signed, c, 200, random, shift: 13), signed, d, 200);
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
        fixed (uint* random = Random(256, key: 9))
        fixed (float* s = source, d = decoded)
        fixed (byte* c = codes)
            EightBit.Decode(c, Encode(s, signed: false, c, 256, random, shift: 0), signed: false, d, 256);
        Assert.All(source.Zip(decoded), pair => Assert.Equal(pair.First > 0, pair.Second > 0));
    }

    [Fact]
    public void A_block_with_NaN_stays_NaN()
    {
        var (source, codes, decoded) = (new float[300], new byte[300], new float[300]);
        source[123] = float.NaN;
        fixed (uint* random = Random(256, key: 9))
        fixed (float* s = source, d = decoded)
        fixed (byte* c = codes)
            EightBit.Decode(c, Encode(s, signed: true, c, 256, random, shift: 0), signed: true, d, 256);
        Assert.All(decoded.Take(256), x => Assert.True(float.IsNaN(x)));
    }

    static float Encode(float* source, bool signed, byte* codes, int length, uint* random, int shift)
    {
        var scale = EightBit.Scale(source, length);
        EightBit.Encode(source, scale, signed, codes, length, random, shift);
        return scale;
    }

    static uint[] Random(int count, uint key, long position = 0)
    {
        var bits = new uint[(count + 15) / 16 * 16];
        fixed (uint* target = bits)
            RandomBits.Fill(target, count, key, position);
        return bits;
    }
}
