// One pass over memory: load a vector of every array, update, store. Knows no optimizer and no tensor.
using System.Numerics;
using System.Runtime.CompilerServices;
using System.Runtime.Intrinsics.X86;

namespace AdEMAMix;

/// <summary>Applies a rule to plain arrays of its arithmetic type.</summary>
static unsafe class Sweep
{
    /// <summary>
    /// How far ahead memory is asked for. Root and quotient fill the processor's window, so that it would see too little of
    /// what comes next by itself.
    /// </summary>
    const int PrefetchBytes = 1024;

    /// <summary>One step over <paramref name="length"/> elements; arrays that the rule does not have may be null.</summary>
    public static void Run<TRule, T>(in StepScalars scalars, T* theta, T* g, T* a, T* b, T* c, int length)
        where TRule : struct, IUpdateRule<TRule, T>
        where T : unmanaged, INumberBase<T>
    {
        var rule = TRule.From(scalars);
        var scale = Lanes.Of<T>(scalars.GradientScale);
        var width = Vector<T>.Count;
        var i = 0;
        for (; i <= length - 2 * width; i += 2 * width)
        {
            var ahead = i + PrefetchBytes / sizeof(T);
            Prefetch<TRule, T>(theta + ahead, g + ahead, a + ahead, b + ahead, c + ahead);
            Step(in rule, scale, theta + i, g + i, a + i, b + i, c + i);
            Step(in rule, scale, theta + i + width, g + i + width, a + i + width, b + i + width, c + i + width);
        }
        for (; i <= length - width; i += width)
            Step(in rule, scale, theta + i, g + i, a + i, b + i, c + i);
        if (i < length)
            Tail(in rule, scale, theta + i, g + i, a + i, b + i, c + i, length - i);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Prefetch<TRule, T>(T* theta, T* g, T* a, T* b, T* c)
        where TRule : struct, IUpdateRule<TRule, T>
        where T : unmanaged, INumberBase<T>
    {
        if (!Sse.IsSupported)
            return;
        Sse.Prefetch0(theta);
        Sse.Prefetch0(g);
        Sse.Prefetch0(a);
        if (TRule.Moments > 1)
            Sse.Prefetch0(b);
        if (TRule.Moments > 2)
            Sse.Prefetch0(c);
    }

    [MethodImpl(MethodImplOptions.AggressiveInlining)]
    static void Step<TRule, T>(in TRule rule, Vector<T> scale, T* theta, T* g, T* a, T* b, T* c)
        where TRule : struct, IUpdateRule<TRule, T>
        where T : unmanaged, INumberBase<T>
    {
        var parameters = Vector.Load(theta);
        var first = Vector.Load(a);
        var second = TRule.Moments > 1 ? Vector.Load(b) : default;
        var third = TRule.Moments > 2 ? Vector.Load(c) : default;
        rule.Update(ref parameters, Vector.Load(g) * scale, ref first, ref second, ref third);
        Vector.Store(parameters, theta);
        Vector.Store(first, a);
        if (TRule.Moments > 1)
            Vector.Store(second, b);
        if (TRule.Moments > 2)
            Vector.Store(third, c);
    }

    // The last elements go through a padded copy, so that they meet the very same instructions as all others.
    [MethodImpl(MethodImplOptions.NoInlining)]
    static void Tail<TRule, T>(in TRule rule, Vector<T> scale, T* theta, T* g, T* a, T* b, T* c, int length)
        where TRule : struct, IUpdateRule<TRule, T>
        where T : unmanaged, INumberBase<T>
    {
        var width = Vector<T>.Count;
        var buffer = stackalloc T[5 * width];
        T** arrays = stackalloc T*[] { theta, g, a, TRule.Moments > 1 ? b : null, TRule.Moments > 2 ? c : null };
        for (var k = 0; k < 5; k++)
            if (arrays[k] != null)
                new ReadOnlySpan<T>(arrays[k], length).CopyTo(new Span<T>(buffer + k * width, width));
        Step(in rule, scale, buffer, buffer + width, buffer + 2 * width, buffer + 3 * width, buffer + 4 * width);
        for (var k = 0; k < 5; k++)
            if (k != 1 && arrays[k] != null)
                new ReadOnlySpan<T>(buffer + k * width, length).CopyTo(new Span<T>(arrays[k], length));
    }
}
