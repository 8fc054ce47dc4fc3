// A list of modules, registered by their position.

using System.Collections;
using System.Globalization;
using TorchSharp.Modules;

namespace TorchSharp
{
    namespace Modules
    {
        public class ModuleList<T> : torch.nn.Module, IEnumerable<T> where T : torch.nn.Module
        {
            readonly List<T> _list = [];

            public ModuleList(params T[] modules) : base("ModuleList")
            {
                foreach (var module in modules) Add(module);
            }

            public T this[int index] => _list[index];

            public int Count => _list.Count;

            public void Add(T item)
            {
                register_module(_list.Count.ToString(CultureInfo.InvariantCulture), item);
                _list.Add(item);
            }

            public IEnumerator<T> GetEnumerator() => _list.GetEnumerator();

            IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();

            protected override void RegisterComponents()
            {
                // The children are registered as they are added; the list's own field holds no module.
            }
        }
    }

    public static partial class torch
    {
        public static partial class nn
        {
            public static ModuleList<T> ModuleList<T>(params T[] modules) where T : Module => new(modules);
        }
    }
}
