// An operator of libtorch, looked up once by name and called through its dispatcher.

using System.Text;

namespace TorchSharp.Native;

internal sealed unsafe class Operator(string name, string overload = "")
{
    const int MostResults = 256;
    nint _handle;

    nint Handle
    {
        get
        {
            if (_handle == 0)
            {
                _handle = NativeMethods.ct_operator(name, overload);
                if (_handle == 0) NativeMethods.Throw();
            }
            return _handle;
        }
    }

    /// <summary>Whether the loaded libtorch has this operator.</summary>
    internal bool Exists
    {
        get
        {
            if (_handle == 0) _handle = NativeMethods.ct_operator(name, overload);
            return _handle != 0;
        }
    }

    /// <summary>Calls the operator; its single result is a new tensor.</summary>
    internal torch.Tensor Call(params ReadOnlySpan<Argument> arguments)
    {
        Value result;
        Invoke(arguments, &result, 1);
        return new torch.Tensor((nint)result.Bits);
    }

    /// <summary>Calls an operator whose results are tensors.</summary>
    internal torch.Tensor[] CallMany(params ReadOnlySpan<Argument> arguments)
    {
        var results = stackalloc Value[MostResults];
        var count = Invoke(arguments, results, MostResults);
        var tensors = new torch.Tensor[count];
        for (var i = 0; i < count; i++) tensors[i] = new torch.Tensor((nint)results[i].Bits);
        return tensors;
    }

    /// <summary>Calls an in-place operator and drops the alias it returns.</summary>
    internal void Run(params ReadOnlySpan<Argument> arguments) => Invoke(arguments, null, 0);

    /// <summary>Calls an operator that returns a truth value.</summary>
    internal bool Ask(params ReadOnlySpan<Argument> arguments)
    {
        Value result;
        Invoke(arguments, &result, 1);
        return result.Bits != 0;
    }

    int Invoke(ReadOnlySpan<Argument> arguments, Value* results, int capacity)
    {
        // Lists and texts are copied beside the values: they are short, and the collector need not be told of them.
        var words = 0;
        foreach (ref readonly var argument in arguments)
            words += argument.Kind switch
            {
                ValueKind.IntList or ValueKind.TensorList => (int)argument.Bits,
                ValueKind.Text => Encoding.UTF8.GetByteCount((string)argument.Reference!) / sizeof(long) + 1,
                _ => 0,
            };
        var scratch = stackalloc long[words];
        var values = stackalloc Value[arguments.Length];
        for (var i = 0; i < arguments.Length; i++)
        {
            ref readonly var argument = ref arguments[i];
            ref var value = ref values[i];
            value = new Value { Kind = argument.Kind, Bits = argument.Bits };
            switch (argument.Kind)
            {
                case ValueKind.IntList:
                    value.Bits = (nint)scratch;
                    value.Count = argument.Bits;
                    foreach (var item in (long[])argument.Reference!) *scratch++ = item;
                    break;
                case ValueKind.TensorList:
                    value.Bits = (nint)scratch;
                    value.Count = argument.Bits;
                    foreach (var tensor in (torch.Tensor?[])argument.Reference!) *scratch++ = tensor is null ? 0 : tensor.Handle;
                    break;
                case ValueKind.Text:
                    var text = (string)argument.Reference!;
                    value.Bits = (nint)scratch;
                    value.Count = Encoding.UTF8.GetBytes(text, new Span<byte>(scratch, Encoding.UTF8.GetByteCount(text)));
                    scratch += value.Count / sizeof(long) + 1;
                    break;
                case ValueKind.Device:
                    var device = (torch.Device)argument.Reference!;
                    value.Bits = (long)device.type;
                    value.Count = device.index;
                    break;
            }
        }
        var count = NativeMethods.ct_call(Handle, values, arguments.Length, results, capacity);
        if (count < 0) NativeMethods.Throw();
        return (int)count;
    }
}
