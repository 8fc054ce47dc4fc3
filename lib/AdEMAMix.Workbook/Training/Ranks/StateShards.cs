using TorchSharp.Modules;
using static TorchSharp.torch;

namespace AdEMAMix.Workbook;

/// <summary>
/// Divides every parameter's elements among the ranks: each keeps the moments of its own part, steps on it, and receives the other parts
/// (ZeRO's first stage, Rajbhandari et al. 2020). The step is bit for bit that of an undivided optimizer.
/// </summary>
sealed class StateShards
{
    // As for gradients: elements of one exchange.
    const long ElementsOfOneExchange = (25 << 20) / sizeof(float);

    readonly RankGroup ranks;
    readonly IReadOnlyList<(string Name, Parameter Parameter)> parameters;
    readonly Dictionary<string, Parameter> whole;

    /// <summary>Parts of a model's parameters.</summary>
    public StateShards(RankGroup ranks, IReadOnlyList<(string Name, Parameter Parameter)> parameters)
    {
        (this.ranks, this.parameters) = (ranks, parameters);
        whole = parameters.ToDictionary(p => p.Name, p => p.Parameter);
        using var frozen = no_grad();
        Parts = [.. parameters.Select(p => (p.Name, (Parameter)new Parameter(PartOf(p.Parameter.detach(), ranks.Rank)).DetachFromDisposeScope()))];
    }

    /// <summary>This rank's part of every parameter: the parameter's own memory, in one dimension.</summary>
    public IReadOnlyList<(string Name, Parameter Parameter)> Parts { get; }

    /// <summary>How many dimensions the whole parameter has.</summary>
    public long DimensionsOf(string name) => whole[name].dim();

    /// <summary>How many elements of a tensor a rank has.</summary>
    public static long Length(long elements, int rank, int size) => elements * (rank + 1) / size - elements * rank / size;

    /// <summary>Gives the parts the gradients of the wholes, and the optimizer the norm to clip by.</summary>
    /// <param name="names">The parameters in the order in which an undivided optimizer would add up their norms.</param>
    public Func<double> TakeGradients(IReadOnlyList<string> names)
    {
        foreach (var (name, part) in Parts)
        {
            using var scope = NewDisposeScope();
            part.grad = PartOf(whole[name].grad!, ranks.Rank);
        }
        return () =>
        {
            using var scope = NewDisposeScope();
            return GlobalGradientNorm.Of([.. names.Select(name => whole[name].grad!)]);
        };
    }

    /// <summary>After the step: every rank receives what the others have updated.</summary>
    public void ShareParameters()
    {
        using var frozen = no_grad();
        foreach (var group in Exchanges())
        {
            using var scope = NewDisposeScope();
            var gathered = ranks.Gather(Joined(group.Select(p => PartOf(p.Parameter.detach(), ranks.Rank)), group));
            for (var rank = 0; rank < ranks.Size; rank++)
            {
                if (rank == ranks.Rank) continue;
                Split(gathered[rank], group, rank, (parameter, piece) => PartOf(parameter.detach(), rank).copy_(piece));
            }
        }
    }

    /// <summary>Whole moments out of their parts, for a checkpoint that any number of ranks can resume from: in the first rank's own memory, one after the other; nothing on the others.</summary>
    /// <param name="states">This rank's parts, named "optimizer.MOMENT.PARAMETER".</param>
    public List<(string Name, Tensor Tensor)> Assemble(IReadOnlyList<(string Name, Tensor Tensor)> states)
    {
        using var frozen = no_grad();
        var assembled = new List<(string, Tensor)>();
        foreach (var (name, part) in states)
        {
            using var scope = NewDisposeScope();
            var elements = whole[ParameterOf(name)].numel();
            var longest = Enumerable.Range(0, ranks.Size).Max(rank => Length(elements, rank, ranks.Size));
            var padded = zeros(longest, dtype: part.dtype, device: part.device);
            padded.narrow(0, 0, part.numel()).copy_(part.view(-1));
            var gathered = ranks.Gather(padded);
            if (ranks.Rank > 0) continue;
            var complete = empty(whole[ParameterOf(name)].shape, dtype: part.dtype);
            for (var rank = 0; rank < ranks.Size; rank++) PartOf(complete, rank).copy_(gathered[rank].narrow(0, 0, Length(elements, rank, ranks.Size)));
            assembled.Add((name, complete.MoveToOuterDisposeScope()));
        }
        return assembled;
    }

    /// <summary>Takes this rank's parts out of whole moments.</summary>
    public void Take(IReadOnlyList<(string Name, Tensor Tensor)> states, IReadOnlyDictionary<string, Tensor> complete)
    {
        using var frozen = no_grad();
        foreach (var (name, tensor) in states)
        {
            using var scope = NewDisposeScope();
            tensor.view(-1).copy_(PartOf(complete[name], ranks.Rank));
        }
    }

    /// <summary>Empty tensors in the shapes that the moments have when they are whole.</summary>
    public List<(string Name, Tensor Tensor)> RoomFor(IReadOnlyList<(string Name, Tensor Tensor)> states) =>
        [.. states.Select(state => (state.Name, empty(whole[ParameterOf(state.Name)].shape, dtype: state.Tensor.dtype, device: state.Tensor.device)))];

    Tensor PartOf(Tensor tensor, int rank) =>
        tensor.reshape(-1).narrow(0, tensor.numel() * rank / ranks.Size, Length(tensor.numel(), rank, ranks.Size));

    // "optimizer.exp_avg.blocks.0.up.weight" -> "blocks.0.up.weight"
    static string ParameterOf(string state) => state.Split('.', 3)[2];

    IEnumerable<List<(string Name, Parameter Parameter)>> Exchanges()
    {
        List<(string, Parameter)> open = [];
        var elements = 0L;
        foreach (var parameter in parameters)
        {
            if (open.Count > 0 && elements + parameter.Parameter.numel() > ElementsOfOneExchange)
            {
                yield return open;
                (open, elements) = ([], 0);
            }
            open.Add(parameter);
            elements += parameter.Parameter.numel();
        }
        yield return open;
    }

    // Parts of several parameters in one row, as long on every rank.
    Tensor Joined(IEnumerable<Tensor> parts, List<(string Name, Parameter Parameter)> group)
    {
        var row = cat([.. parts], 0);
        var longest = Enumerable.Range(0, ranks.Size).Max(rank => group.Sum(p => Length(p.Parameter.numel(), rank, ranks.Size)));
        return row.numel() == longest ? row : cat([row, zeros(longest - row.numel(), dtype: row.dtype, device: row.device)], 0);
    }

    void Split(Tensor row, List<(string Name, Parameter Parameter)> group, int rank, Action<Parameter, Tensor> visit)
    {
        var start = 0L;
        foreach (var (_, parameter) in group)
        {
            var length = Length(parameter.numel(), rank, ranks.Size);
            visit(parameter, row.narrow(0, start, length));
            start += length;
        }
    }
}
