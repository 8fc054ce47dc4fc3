// The compiled forms of one rule: directly on float or double arrays, and staged through a small buffer for other storage.
namespace AdEMAMix;

/// <summary>One optimizer's kernels, one per combination of arithmetic and storage.</summary>
readonly unsafe struct KernelSet
{
    readonly delegate*<in StepEntry, long, int, void> float32;
    readonly delegate*<in StepEntry, long, int, void> float64;
    readonly delegate*<in StepEntry, long, int, void> staged;

    KernelSet(
        string rule,
        delegate*<in StepEntry, long, int, void> float32,
        delegate*<in StepEntry, long, int, void> float64,
        delegate*<in StepEntry, long, int, void> staged)
    {
        Rule = rule;
        this.float32 = float32;
        this.float64 = float64;
        this.staged = staged;
    }

    /// <summary>The rule's name, which its CUDA form shares.</summary>
    public string Rule { get; }

    /// <summary>The kernels of a rule, given in both arithmetics.</summary>
    public static KernelSet Of<TFloat, TDouble>()
        where TFloat : struct, IUpdateRule<TFloat, float>
        where TDouble : struct, IUpdateRule<TDouble, double> =>
        new(typeof(TFloat).Name.Split('`')[0], &DirectFloat32<TFloat>, &DirectFloat64<TDouble>, &StagedKernel.Run<TFloat>);

    /// <summary>The kernel for an entry whose arrays are set.</summary>
    public delegate*<in StepEntry, long, int, void> For(in StepEntry e)
    {
        if (e.Theta.Format == ElementFormat.Float64)
            return float64;
        return IsFloat32(e.Theta) && IsFloat32(e.A) && IsFloat32(e.B) && IsFloat32(e.C) ? float32 : staged;

        static bool IsFloat32(in ArrayView view) => view.Format is ElementFormat.Float32 or ElementFormat.None;
    }

    static void DirectFloat32<TRule>(in StepEntry e, long start, int length) where TRule : struct, IUpdateRule<TRule, float> =>
        Sweep.Run<TRule, float>(e.Scalars, (float*)e.Theta.Data + start, (float*)e.Gradient.Data + start,
            At<float>(e.A, start), At<float>(e.B, start), At<float>(e.C, start), length);

    static void DirectFloat64<TRule>(in StepEntry e, long start, int length) where TRule : struct, IUpdateRule<TRule, double> =>
        Sweep.Run<TRule, double>(e.Scalars, (double*)e.Theta.Data + start, (double*)e.Gradient.Data + start,
            At<double>(e.A, start), At<double>(e.B, start), At<double>(e.C, start), length);

    static T* At<T>(in ArrayView view, long start) where T : unmanaged => view.Data == null ? null : (T*)view.Data + start;
}
