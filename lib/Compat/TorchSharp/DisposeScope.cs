// A scope that owns the tensors made on its thread while it is the innermost one, and frees them when it ends.

namespace TorchSharp;

public sealed class DisposeScope : IDisposable
{
    HashSet<IDisposable> _owned = new(ReferenceEqualityComparer.Instance);
    bool _ended;

    internal DisposeScope(DisposeScope? outer) => Outer = outer;

    [ThreadStatic]
    static DisposeScope? s_current;

    internal static DisposeScope? Current => s_current;

    internal DisposeScope? Outer { get; private set; }

    internal static DisposeScope Begin() => s_current = new DisposeScope(s_current);

    /// <summary>Gives a new tensor to the thread's innermost scope.</summary>
    internal static DisposeScope? Adopt(torch.Tensor tensor)
    {
        s_current?._owned.Add(tensor);
        return s_current;
    }

    public IReadOnlyList<IDisposable> DisposablesView
    {
        get
        {
            ThrowIfEnded();
            return [.. _owned];
        }
    }

    public int DisposablesCount
    {
        get
        {
            ThrowIfEnded();
            return _owned.Count;
        }
    }

    public bool Contains(IDisposable disposable) => _owned.Contains(disposable);

    public T MoveToOuter<T>(T disposable) where T : IDisposable => MoveToOther(Outer, disposable);

    public void MoveToOuter(params IDisposable[] disposables) => MoveToOuter((IEnumerable<IDisposable>)disposables);

    public void MoveToOuter(IEnumerable<IDisposable> disposables)
    {
        foreach (var disposable in disposables) MoveToOther(Outer, disposable);
    }

    public T MoveToOther<T>(DisposeScope? scope, T disposable) where T : IDisposable
    {
        ThrowIfEnded();
        if (_owned.Remove(disposable)) Hand(disposable, scope);
        return disposable;
    }

    public T Detach<T>(T disposable) where T : IDisposable => MoveToOther(null, disposable);

    public void Detach(params IDisposable[] disposables)
    {
        foreach (var disposable in disposables) MoveToOther(null, disposable);
    }

    public void Attach(IDisposable disposable)
    {
        ThrowIfEnded();
        if (disposable is not torch.Tensor tensor) throw new InvalidOperationException("DisposeScope can only manage Tensor or PackedSequence");
        if (ReferenceEquals(tensor.OwningDisposeScope, this)) return;
        tensor.OwningDisposeScope?._owned.Remove(tensor);
        Hand(tensor, this);
    }

    public void DisposeEverything() => DisposeEverythingBut([]);

    public T DisposeEverythingBut<T>(T keep) where T : IDisposable
    {
        DisposeEverythingBut((IEnumerable<IDisposable>)[keep]);
        return keep;
    }

    public void DisposeEverythingBut(IEnumerable<IDisposable> inKeep)
    {
        ThrowIfEnded();
        var old = _owned;
        _owned = new HashSet<IDisposable>(inKeep, ReferenceEqualityComparer.Instance);
        foreach (var disposable in old)
            if (!_owned.Contains(disposable)) disposable.Dispose();
    }

    public void MarkAsDisposed(IDisposable disposable)
    {
        ThrowIfEnded();
        _owned.Remove(disposable);
        if (disposable is torch.Tensor tensor) tensor.OwningDisposeScope = null;
    }

    public void Dispose()
    {
        if (_ended) return;
        DisposeEverything();
        _ended = true;
        if (ReferenceEquals(s_current, this)) s_current = Outer;
        else
            // Ended out of order: the scope just inside it now opens on what was outside it.
            for (var scope = s_current; scope is not null; scope = scope.Outer)
                if (ReferenceEquals(scope.Outer, this))
                {
                    scope.Outer = Outer;
                    break;
                }
    }

    /// <summary>Takes the place of <paramref name="original"/>, which gave up its handle.</summary>
    internal static void Replace(torch.Tensor original, torch.Tensor replacement)
    {
        if (original.OwningDisposeScope is not { } scope || !scope._owned.Remove(original)) return;
        original.OwningDisposeScope = null;
        Hand(replacement, scope);
    }

    static void Hand(IDisposable disposable, DisposeScope? scope)
    {
        scope?._owned.Add(disposable);
        if (disposable is torch.Tensor tensor) tensor.OwningDisposeScope = scope;
    }

    void ThrowIfEnded() => ObjectDisposedException.ThrowIf(_ended, this);
}

public static partial class torch
{
    public static DisposeScope NewDisposeScope() => DisposeScope.Begin();
}
