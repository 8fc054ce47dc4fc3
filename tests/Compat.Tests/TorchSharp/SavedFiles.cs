using System.Security.Cryptography;
using TorchSharp;
using TorchSharp.Modules;
using Xunit;
using static TorchSharp.torch;

namespace Compat.Tests.Tensors;

/// <summary>Files of parameters: the digests are those of what TorchSharp 0.107 writes, so either reads the other's.</summary>
[Collection("tensors")]
public sealed class SavedFiles : IDisposable
{
    readonly DisposeScope _scope = NewDisposeScope();

    public void Dispose() => _scope.Dispose();

    sealed class Net : nn.Module<Tensor, Tensor>
    {
        readonly Embedding table = nn.Embedding(5, 4);
        readonly Linear mix = nn.Linear(4, 4, hasBias: false);
        readonly LayerNorm norm = nn.LayerNorm(4);
        readonly Tensor steps = zeros(2, 130, dtype: int64);
        readonly Parameter shift = new(zeros(3, dtype: float64));

        public Net(int salt) : base("net")
        {
            RegisterComponents();
            using var frozen = no_grad();
            foreach (var (_, tensor) in state_dict()) tensor.copy_(Formula(tensor, salt));
        }

        public override Tensor forward(Tensor input) => norm.call(mix.call(table.call(input)));
    }

    /// <summary>Values that any machine computes alike.</summary>
    static Tensor Formula(Tensor like, int salt) =>
        (arange(like.numel(), dtype: float64) * 0.125 - salt).reshape(like.shape).to(like.dtype);

    static byte[] Saved(nn.Module module)
    {
        using var memory = new MemoryStream();
        using var writer = new BinaryWriter(memory);
        module.save(writer);
        writer.Flush();
        return memory.ToArray();
    }

    [Fact]
    public void Module_is_saved_byte_for_byte_as_by_TorchSharp()
    {
        using var net = new Net(3);
        var bytes = Saved(net);
        Assert.Equal(2361, bytes.Length);
        Assert.Equal("cbff7de4951440c6174f22fc18119975b58dc133a0cbc011ee", Convert.ToHexStringLower(SHA256.HashData(bytes))[..50]);
    }

    [Fact]
    public void Saved_module_is_loaded_bit_for_bit()
    {
        using var saved = new Net(3);
        using var loaded = new Net(1);
        using var reader = new BinaryReader(new MemoryStream(Saved(saved)));
        var handles = loaded.parameters().Select(p => p.Handle).ToList();
        loaded.load(reader);
        Assert.Equal(Saved(saved), Saved(loaded));
        Assert.Equal(handles, loaded.parameters().Select(p => p.Handle));
    }

    [Fact]
    public void Module_is_saved_to_and_loaded_from_a_file()
    {
        var path = Path.GetTempFileName();
        try
        {
            using var saved = new Net(3);
            using var loaded = new Net(1);
            Assert.Same(saved, saved.save(path));
            loaded.load(path);
            Assert.Equal(Saved(saved), Saved(loaded));
        }
        finally
        {
            File.Delete(path);
        }
        Assert.Throws<FileNotFoundException>(() => new Net(1).load(path));
    }

    [Fact]
    public void Skipped_entries_keep_their_values()
    {
        using var saved = new Net(3);
        using var loaded = new Net(1);
        using var reader = new BinaryReader(new MemoryStream(Saved(saved)));
        var found = new Dictionary<string, bool>();
        loaded.load(reader, skip: ["shift", "mix.weight"], loadedParameters: found);
        Assert.Equal(-1, loaded.state_dict()["shift"].data<double>()[0]);
        Assert.Equal(-1, loaded.state_dict()["mix.weight"].data<float>()[0]);
        Assert.Equal(-3, loaded.state_dict()["norm.bias"].data<float>()[0]);
        Assert.Equal(saved.state_dict().Keys, found.Keys);
    }

    [Fact]
    public void File_of_another_network_is_refused()
    {
        using var net = new Net(3);
        using var other = nn.Linear(4, 4);
        Assert.Contains("Mismatched state_dict sizes", Assert.Throws<ArgumentException>(() => other.load(new BinaryReader(new MemoryStream(Saved(net))))).Message);
        using var wider = nn.Linear(5, 4);
        Assert.Contains("shape", Assert.Throws<ArgumentException>(() => wider.load(new BinaryReader(new MemoryStream(Saved(other))))).Message);
        using var doubles = nn.Linear(4, 4, dtype: float64);
        Assert.Contains("data types", Assert.Throws<ArgumentException>(() => doubles.load(new BinaryReader(new MemoryStream(Saved(other))))).Message);
    }

    [Fact]
    public void State_dict_is_copied_into_the_parameters_there_are()
    {
        using var saved = new Net(3);
        using var loaded = new Net(1);
        var handles = loaded.parameters().Select(p => p.Handle).ToList();
        var (missing, unexpected) = loaded.load_state_dict(saved.state_dict());
        Assert.Empty(missing);
        Assert.Empty(unexpected);
        Assert.Equal(Saved(saved), Saved(loaded));
        Assert.Equal(handles, loaded.parameters().Select(p => p.Handle));
        var partial = saved.state_dict();
        partial.Remove("shift");
        partial["foreign"] = ones(1);
        Assert.Throws<InvalidOperationException>(() => loaded.load_state_dict(partial));
        (missing, unexpected) = loaded.load_state_dict(partial, strict: false);
        Assert.Equal(["shift"], missing);
        Assert.Equal(["foreign"], unexpected);
    }

    [Fact]
    public void Tensor_is_saved_as_type_shape_and_values()
    {
        using var memory = new MemoryStream();
        using var writer = new BinaryWriter(memory);
        arange(3, dtype: int16).reshape(3, 1).Save(writer);
        zeros(1, 200, dtype: uint8).Save(writer);
        Assert.Equal<byte>([2, 2, 3, 1, 0, 0, 1, 0, 2, 0, 0, 2, 1, 200, 1], memory.ToArray()[..15]);
        memory.Position = 0;
        using var reader = new BinaryReader(memory);
        Tensor? first = null;
        TensorExtensionMethods.Load(ref first, reader);
        Assert.Equal<short>([0, 1, 2], first!.data<short>().ToArray());
        Assert.Equal([3, 1], first.shape);
    }
}
