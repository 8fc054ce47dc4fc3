// A dictionary that remembers the order of insertion; enumerates pairs.

using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace TorchSharp.Utils;

public class OrderedDict<TKey, TValue> : IEnumerable<(TKey, TValue)> where TKey : notnull
{
    readonly List<(TKey Key, TValue Value)> _pairs = [];
    readonly Dictionary<TKey, int> _places = [];

    public int Count => _pairs.Count;

    public TValue this[TKey key]
    {
        get => _pairs[_places[key]].Value;
        set
        {
            if (_places.TryGetValue(key, out var place)) _pairs[place] = (key, value);
            else Add(key, value);
        }
    }

    public void Add(TKey key, TValue value)
    {
        _places.Add(key, _pairs.Count);
        _pairs.Add((key, value));
    }

    public bool ContainsKey(TKey key) => _places.ContainsKey(key);

    public bool TryGetValue(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        var found = _places.TryGetValue(key, out var place);
        value = found ? _pairs[place].Value : default;
        return found;
    }

    public bool Remove(TKey key)
    {
        if (!_places.Remove(key, out var place)) return false;
        _pairs.RemoveAt(place);
        for (var i = place; i < _pairs.Count; i++) _places[_pairs[i].Key] = i;
        return true;
    }

    public IEnumerator<(TKey, TValue)> GetEnumerator() => _pairs.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
