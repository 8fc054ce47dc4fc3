// Sixteen bytes <-> sixteen lanes of 32 bits.
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics;
using System.Runtime.Intrinsics.X86;

namespace AdEMAMix;

/// <summary>Loads and stores of one vector's codes; one instruction where the processor has it.</summary>
static unsafe class Lanes8
{
    /// <summary>Sixteen bytes, zero-extended.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static Vector512<uint> Widen(byte* source)
    {
        if (Avx512F.IsSupported)
            return Avx512F.ConvertToVector512UInt32(Vector128.Load(source));
        var (low, high) = Vector128.Widen(Vector128.Load(source));
        var ((a, b), (c, d)) = (Vector128.Widen(low), Vector128.Widen(high));
        return Vector512.Create(Vector256.Create(a, b), Vector256.Create(c, d));
    }

    /// <summary>The lowest eight bits of every lane.</summary>
    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    public static void Narrow(Vector512<uint> lanes, byte* target)
    {
        if (Avx512F.IsSupported)
        {
            Vector128.Store(Avx512F.ConvertToVector128Byte(lanes), target);
            return;
        }
        lanes &= Vector512.Create<uint>(0xFF);
        var (low, high) = (lanes.GetLower(), lanes.GetUpper());
        Vector128.Store(Vector128.Narrow(Vector128.Narrow(low.GetLower(), low.GetUpper()), Vector128.Narrow(high.GetLower(), high.GetUpper())), target);
    }
}
