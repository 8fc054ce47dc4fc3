// A dictionary that remembers the order of insertion; enumerates pairs.

using System.Collections;
using System.Diagnostics.CodeAnalysis;

namespace TorchSharp.Utils;

public class OrderedDict<TKey, TValue> : IDictionary<TKey, TValue>, IList<(TKey, TValue)> where TKey : notnull
{
    readonly List<(TKey Key, TValue Value)> _pairs = [];
    readonly Dictionary<TKey, int> _places = [];

    public int Count => _pairs.Count;

    public bool IsReadOnly => false;

    public ICollection<TKey> Keys => _pairs.ConvertAll(p => p.Key);

    public ICollection<TValue> Values => _pairs.ConvertAll(p => p.Value);

    public TValue this[TKey key]
    {
        get => _pairs[_places[key]].Value;
        set
        {
            if (_places.TryGetValue(key, out var place)) _pairs[place] = (key, value);
            else Add(key, value);
        }
    }

    public (TKey, TValue) this[int index]
    {
        get => _pairs[index];
        set
        {
            _places.Remove(_pairs[index].Key);
            _places.Add(value.Item1, index);
            _pairs[index] = value;
        }
    }

    public void Add(TKey key, TValue value)
    {
        _places.Add(key, _pairs.Count);
        _pairs.Add((key, value));
    }

    public void Add((TKey, TValue) item) => Add(item.Item1, item.Item2);

    public bool ContainsKey(TKey key) => _places.ContainsKey(key);

    public bool Contains((TKey, TValue) item) => _pairs.Contains(item);

    public int IndexOf((TKey, TValue) item) => _pairs.IndexOf(item);

    public bool TryGetValue(TKey key, [MaybeNullWhen(false)] out TValue value)
    {
        var found = _places.TryGetValue(key, out var place);
        value = found ? _pairs[place].Value : default;
        return found;
    }

    public void Insert(int index, (TKey, TValue) item)
    {
        _places.Add(item.Item1, index);
        _pairs.Insert(index, item);
        Renumber(index + 1);
    }

    public bool Remove(TKey key)
    {
        if (!_places.TryGetValue(key, out var place)) throw new KeyNotFoundException($"The given key '{key}' was not present in the dictionary.");
        RemoveAt(place);
        return true;
    }

    public bool Remove((TKey, TValue) item)
    {
        var place = IndexOf(item);
        if (place >= 0) RemoveAt(place);
        return place >= 0;
    }

    public void RemoveAt(int index)
    {
        _places.Remove(_pairs[index].Key);
        _pairs.RemoveAt(index);
        Renumber(index);
    }

    public void Clear()
    {
        _pairs.Clear();
        _places.Clear();
    }

    public void CopyTo((TKey, TValue)[] array, int arrayIndex) => _pairs.CopyTo(array, arrayIndex);

    public IEnumerator<(TKey, TValue)> GetEnumerator() => _pairs.GetEnumerator();

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

    void Renumber(int from)
    {
        for (var i = from; i < _pairs.Count; i++) _places[_pairs[i].Key] = i;
    }

    // What IDictionary asks for besides; TorchSharp's enumerates pairs as tuples only.
    void ICollection<KeyValuePair<TKey, TValue>>.Add(KeyValuePair<TKey, TValue> item) => Add(item.Key, item.Value);
    bool ICollection<KeyValuePair<TKey, TValue>>.Contains(KeyValuePair<TKey, TValue> item) => ContainsKey(item.Key);
    void ICollection<KeyValuePair<TKey, TValue>>.CopyTo(KeyValuePair<TKey, TValue>[] array, int arrayIndex) => throw new NotImplementedException();
    bool ICollection<KeyValuePair<TKey, TValue>>.Remove(KeyValuePair<TKey, TValue> item) => Remove(item.Key);
    IEnumerator<KeyValuePair<TKey, TValue>> IEnumerable<KeyValuePair<TKey, TValue>>.GetEnumerator() => throw new NotImplementedException();
}
