// An optimizer's state on disk: safetensors for the moments, JSON (in its metadata) for counters, formats and hyperparameters.
using System.Buffers.Binary;
using System.Globalization;
using System.Text;
using System.Text.Json;
using System.Text.Json.Nodes;
using System.Text.Json.Serialization;
using static TorchSharp.torch;

namespace AdEMAMix;

/// <summary>What may differ between the optimizer that saved a state and the one that loads it.</summary>
[Flags]
public enum StateMismatch
{
    /// <summary>Nothing but the storage format of the moments, which is converted.</summary>
    None = 0,

    /// <summary>Hyperparameters: the loading optimizer keeps its own.</summary>
    Hyperparameters = 1,
}

/// <summary>Writes and reads <c>.safetensors</c> files, which other tools can open too.</summary>
static class StateFile
{
    const string Version = "1";

    static readonly Dictionary<ScalarType, string> Types = new()
    {
        [ScalarType.Float32] = "F32",
        [ScalarType.Float64] = "F64",
        [ScalarType.BFloat16] = "BF16",
        [ScalarType.Byte] = "U8",
    };

    /// <summary>What the JSON in the file's metadata says.</summary>
    sealed record Description(
        [property: JsonPropertyName("version")] string Version,
        [property: JsonPropertyName("optimizer")] string Optimizer,
        [property: JsonPropertyName("groups")] IReadOnlyList<Group> Groups);

    sealed record Group(
        [property: JsonPropertyName("step")] long Step,
        [property: JsonPropertyName("seed")] long Seed,
        [property: JsonPropertyName("initial_lr")] double InitialLearningRate,
        [property: JsonPropertyName("hyperparameters")] IReadOnlyDictionary<string, double> Hyperparameters,
        [property: JsonPropertyName("parameters")] IReadOnlyList<Known> Parameters);

    sealed record Known([property: JsonPropertyName("name")] string Name, [property: JsonPropertyName("step")] long Step, [property: JsonPropertyName("shape")] long[] Shape);

    /// <summary>Writes beside the target and renames, so that a full disk leaves an older file whole.</summary>
    public static void Save(ElementwiseOptimizer optimizer, string path)
    {
        var tensors = Tensors(optimizer).ToList();
        var partial = path + ".partial";
        try
        {
            using (var stream = File.Create(partial))
            {
                WriteHeader(stream, Describe(optimizer), tensors);
                foreach (var (_, tensor) in tensors)
                    RawTensor.Write(stream, tensor);
                stream.Flush(flushToDisk: true);
            }
            File.Move(partial, path, overwrite: true);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            File.Delete(partial);
            throw new OptimizerStateException($"the state cannot be written to {path} ({e.Message.TrimEnd('.')}): free space or choose another place; an older file there is as it was", e);
        }
    }

    /// <summary>Reads and checks everything before the optimizer is touched.</summary>
    public static void Load(ElementwiseOptimizer optimizer, string path, StateMismatch allowed)
    {
        var loaded = new Dictionary<string, Tensor>();
        try
        {
            var description = Read(path, loaded);
            RequireSame(optimizer, description, path, allowed);
            RequireTensors(optimizer, loaded, path);
            Apply(optimizer, description, loaded, allowed);
        }
        finally
        {
            foreach (var tensor in loaded.Values)
                tensor.Dispose();
        }
    }

    static IEnumerable<(string Name, Tensor Tensor)> Tensors(ElementwiseOptimizer optimizer) =>
        from slot in optimizer.Slots.SelectMany(g => g)
        from part in slot.State.tensors()
        select ($"{slot.Name}.{part.name}", part.tensor);

    static Description Describe(ElementwiseOptimizer optimizer) => new(Version, optimizer.GetType().Name,
    [
        .. optimizer.Slots.Select((slots, i) =>
        {
            var o = optimizer.OptionsOf(i);
            return new Group(o.step!.Value, o.seed!.Value, o.InitialLearningRate, o.Hyperparameters.ToDictionary(h => h.Name, h => h.Get()!.Value),
                [.. slots.Select(s => new Known(s.Name, s.State.step, s.Parameter.shape))]);
        }),
    ]);

    static void WriteHeader(Stream stream, Description description, List<(string Name, Tensor Tensor)> tensors)
    {
        var header = new JsonObject { ["__metadata__"] = new JsonObject { ["optimizer"] = JsonSerializer.Serialize(description) } };
        long offset = 0;
        foreach (var (name, tensor) in tensors)
        {
            var end = offset + tensor.NumberOfElements * tensor.ElementSize;
            header[name] = new JsonObject
            {
                ["dtype"] = Types[tensor.dtype],
                ["shape"] = new JsonArray([.. tensor.shape.Select(n => JsonValue.Create(n))]),
                ["data_offsets"] = new JsonArray(offset, end),
            };
            offset = end;
        }
        var text = header.ToJsonString();
        var bytes = Encoding.UTF8.GetBytes(text + new string(' ', (8 - Encoding.UTF8.GetByteCount(text) % 8) % 8));
        Span<byte> length = stackalloc byte[8];
        BinaryPrimitives.WriteInt64LittleEndian(length, bytes.Length);
        stream.Write(length);
        stream.Write(bytes);
    }

    static Description Read(string path, Dictionary<string, Tensor> tensors)
    {
        try
        {
            using var stream = File.OpenRead(path);
            Span<byte> prefix = stackalloc byte[8];
            stream.ReadExactly(prefix);
            var length = BinaryPrimitives.ReadInt64LittleEndian(prefix);
            if (length < 2 || length > stream.Length)
                throw new JsonException("its header is not one of safetensors");
            var bytes = new byte[length];
            stream.ReadExactly(bytes);
            var header = JsonNode.Parse(bytes)!.AsObject();
            var description = JsonSerializer.Deserialize<Description>((string)header["__metadata__"]!["optimizer"]!)!;
            foreach (var (name, entry) in header.Where(p => p.Key != "__metadata__"))
            {
                stream.Position = 8 + length + (long)entry!["data_offsets"]![0]!;
                var type = Types.Single(t => t.Value == (string)entry["dtype"]!).Key;
                tensors[name] = RawTensor.Read(stream, entry["shape"].Deserialize<long[]>()!, type);
            }
            return description;
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new OptimizerStateException($"{path} cannot be read ({e.Message.TrimEnd('.')}): give the path of a state that SaveState wrote", e);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or NullReferenceException or FormatException or OptimizerStateException)
        {
            throw new OptimizerStateException($"{path} is damaged or not an optimizer's state ({e.Message.TrimEnd('.')}): take an older one", e);
        }
    }

    static void RequireSame(ElementwiseOptimizer optimizer, Description saved, string path, StateMismatch allowed)
    {
        var here = Describe(optimizer);
        var differences = new List<string>();
        if (saved.Version != Version)
            throw new OptimizerStateException($"{path} has version {saved.Version} and this library reads {Version}: use the library that wrote it");
        if (saved.Optimizer != here.Optimizer)
            throw new OptimizerStateException($"{path} holds the state of {saved.Optimizer} and this is {here.Optimizer}: to switch optimizers use FromAdamW or ToAdamW");
        if (saved.Groups.Count != here.Groups.Count)
            throw new OptimizerStateException($"{path} has {saved.Groups.Count} parameter groups and this optimizer {here.Groups.Count}: make the same groups");
        foreach (var (theirs, mine, i) in saved.Groups.Zip(here.Groups, Enumerable.Range(0, here.Groups.Count)))
        {
            var (known, wanted) = (theirs.Parameters.Select(Text).ToList(), mine.Parameters.Select(Text).ToList());
            if (!known.SequenceEqual(wanted))
                throw new OptimizerStateException($"{path} has in group {i} {Only(known, wanted)}, and this optimizer {Only(wanted, known)}: load it into the model that it was saved with");
            differences.AddRange(mine.Hyperparameters.Where(h => theirs.Hyperparameters.GetValueOrDefault(h.Key, double.NaN) != h.Value)
                .Select(h => string.Create(CultureInfo.InvariantCulture, $"{h.Key} = {theirs.Hyperparameters.GetValueOrDefault(h.Key, double.NaN)} (here {h.Value}) in group {i}")));
        }
        if (differences.Count > 0 && !allowed.HasFlag(StateMismatch.Hyperparameters))
            throw new OptimizerStateException($"{path} was saved with {string.Join(", ", differences)}: make the optimizer with the same values, or pass StateMismatch.Hyperparameters to go on with those here");

        static string Text(Known parameter) => $"'{parameter.Name}' [{string.Join(", ", parameter.Shape)}]";

        static string Only(List<string> these, List<string> those) => these.Except(those).FirstOrDefault() ?? "another order of parameters";
    }

    static void RequireTensors(ElementwiseOptimizer optimizer, Dictionary<string, Tensor> loaded, string path)
    {
        foreach (var slot in optimizer.Slots.SelectMany(g => g))
            foreach (var moment in slot.State.Moments)
            {
                var name = $"{slot.Name}.{moment.Spec.Name}";
                if (!loaded.TryGetValue(name, out var tensor) || (tensor.dtype == ScalarType.Byte && !loaded.ContainsKey(name + ".scale")))
                    throw new OptimizerStateException($"{path} lacks the moment '{name}' or its scales: take an older state that is whole, saved with the same beta1");
                if (!moment.Shape.SequenceEqual(tensor.shape))
                    throw new OptimizerStateException($"{path} holds '{name}' with shape [{string.Join(", ", tensor.shape)}] where [{string.Join(", ", moment.Shape.ToArray())}] is needed: load it into the model that it was saved with");
            }
    }

    static void Apply(ElementwiseOptimizer optimizer, Description saved, Dictionary<string, Tensor> loaded, StateMismatch allowed)
    {
        using var guard = no_grad();
        foreach (var (group, i) in saved.Groups.Select((group, i) => (group, i)))
        {
            var o = optimizer.OptionsOf(i);
            (o.step, o.seed) = (group.Step, group.Seed);
            if (!allowed.HasFlag(StateMismatch.Hyperparameters))
                o.InitialLearningRate = group.InitialLearningRate;
            foreach (var (slot, known) in optimizer.Slots[i].Zip(group.Parameters))
            {
                slot.State.step = known.Step;
                foreach (var moment in slot.State.Moments)
                {
                    var values = loaded[$"{slot.Name}.{moment.Spec.Name}"];
                    if (values.dtype == ScalarType.Byte)
                        moment.SetCodes(values, loaded[$"{slot.Name}.{moment.Spec.Name}.scale"]);
                    else
                        moment.SetNumbers(values);
                }
            }
        }
    }
}
