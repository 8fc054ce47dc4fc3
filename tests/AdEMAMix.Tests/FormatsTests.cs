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
}
