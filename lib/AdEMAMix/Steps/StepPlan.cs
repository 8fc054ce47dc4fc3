// The order of a step: gather, measure, admit, advance, update. Everything that can be refused is refused before the first write.
using TorchSharp;
using static TorchSharp.torch;

namespace AdEMAMix;

/// <summary>Carries out one step after the other for an optimizer; its tables are reused.</summary>
sealed class StepPlan
{
    readonly ElementwiseOptimizer optimizer;
    readonly StepTable table = new();
    readonly List<PlannedTensor> planned = [];
    readonly List<Tensor> temporaries = [];
    readonly Action<int> measureChunk;
    readonly Action<int> updateChunk;
    double[] chunkSums = [];

    public StepPlan(ElementwiseOptimizer optimizer)
    {
        this.optimizer = optimizer;
        measureChunk = index =>
        {
            ref readonly var chunk = ref table.ChunkAt(index);
            chunkSums[index] = GradientNorm.SumOfSquares(table[chunk.Row].Gradient, chunk.Start, chunk.Length);
        };
        updateChunk = table.Update;
    }

    int Threads => optimizer.Threads ?? get_num_threads();

    public void Run()
    {
        try
        {
            Gather();
            while (!optimizer.Devices.Prepare())
            {
                Clear();
                Gather();
            }
            if (!Admit(out var scale))
                return;
            Advance();
            if (optimizer.CollectStatistics)
                MeasuredUpdate(scale);
            else
                Update(scale);
        }
        finally
        {
            Clear();
        }
    }

    void Clear()
    {
        foreach (var temporary in temporaries)
            temporary.Dispose();
        temporaries.Clear();
        planned.Clear();
        table.Clear();
        optimizer.Devices.Clear();
    }

    void Gather()
    {
        for (var group = 0; group < optimizer.Slots.Count; group++)
        {
            var options = optimizer.OptionsOf(group);
            options.Validate();
            var kernels = optimizer.KernelsFor(options);
            var t = options.step!.Value + 1;
            var (scalars, scalarsOf) = (default(StepScalars), 0L);
            foreach (var slot in optimizer.Slots[group])
            {
                slot.RequireUnchanged();
                var gradient = slot.Parameter.grad;
                if (gradient is null)
                    continue;
                var keep = false;
                try
                {
                    slot.RequireFits(gradient);
                    var n = slot.State.step + 1;
                    if (n != scalarsOf)
                        (scalars, scalarsOf) = (optimizer.ScalarsFor(options, t, n), n);
                    keep = Plan(slot, gradient, options, kernels, scalars, n);
                }
                finally
                {
                    // The parameter itself keeps the gradient's memory alive.
                    if (!keep)
                        gradient.Dispose();
                }
            }
        }
    }

    // The one place that decides where a tensor's update runs. True if the gradient's handle must live until the step's end.
    bool Plan(ParameterSlot slot, Tensor gradient, ElementwiseOptions options, KernelSet? kernels, in StepScalars scalars, long n)
    {
        if (slot.Length == 0)
        {
            planned.Add(new PlannedTensor(slot));
            return false;
        }
        if (optimizer.Mode != StepMode.Operators && kernels is { } known && optimizer.Devices.For(slot, known.Rule) is { } device
            && AddDeviceRow(device, slot, gradient, options, known, scalars, n))
            return false;
        var onCpu = slot.Device == DeviceType.CPU && slot.Type != ScalarType.Float16;
        if (kernels is not { } set || optimizer.Mode == StepMode.Operators || !onCpu)
        {
            RequireFullStates(slot, options);
            temporaries.Add(gradient);
            planned.Add(new PlannedTensor(slot) { Gradient = gradient, Scalars = scalars });
            return true;
        }
        AddRow(slot, gradient, options, set, scalars, n);
        return false;
    }

    unsafe void AddRow(ParameterSlot slot, Tensor gradient, ElementwiseOptions options, in KernelSet kernels, in StepScalars scalars, long n)
    {
        ref var row = ref table.Add(slot.Length);
        row = EntryOf(slot, gradient, options, scalars, n, out var copy);
        row.Kernel = kernels.For(row);
        planned.Add(new PlannedTensor(slot) { Row = table.Count - 1, Copy = copy });
    }

    // False where the device's kernels cannot take it.
    bool AddDeviceRow(CudaStep device, ParameterSlot slot, Tensor gradient, ElementwiseOptions options, in KernelSet kernels, in StepScalars scalars, long n)
    {
        if (slot.Type == ScalarType.Float16)
            return false;
        if (!device.TryAdd(EntryOf(slot, gradient, options, scalars, n, out var copy), kernels.Rule, out var row))
            return false;
        planned.Add(new PlannedTensor(slot) { Device = device, Row = row, Copy = copy });
        return true;
    }

    unsafe StepEntry EntryOf(ParameterSlot slot, Tensor gradient, ElementwiseOptions options, in StepScalars scalars, long n, out Tensor? copy)
    {
        copy = null;
        var (theta, g) = ((Tensor)slot.Parameter, gradient);
        if (!theta.is_contiguous())
            temporaries.Add(theta = copy = theta.contiguous());
        if (!g.is_contiguous())
            temporaries.Add(g = g.contiguous());

        var format = slot.Type switch
        {
            ScalarType.Float64 => ElementFormat.Float64,
            ScalarType.BFloat16 => ElementFormat.BFloat16,
            _ => ElementFormat.Float32,
        };
        return new StepEntry
        {
            Theta = new ArrayView { Data = TensorPointer.Of(theta), Format = format },
            Gradient = new ArrayView { Data = TensorPointer.Of(g), Format = format },
            A = View(0),
            B = View(1),
            C = View(2),
            Length = slot.Length,
            Scalars = scalars,
        };

        ArrayView View(int k) => k >= slot.State.Moments.Length ? default
            : slot.State.Moments[k].View(options.state_format == StateFormat.Full ? 0 : RandomBits.Key((ulong)options.seed!.Value, n, slot.Index));
    }

    static void RequireFullStates(ParameterSlot slot, ElementwiseOptions options)
    {
        if (options.state_format != StateFormat.Full)
            throw new HyperparameterException("state_format", options.state_format, $"{slot.Label} is updated by tensor operators ({slot.Device}, {slot.Type}), which need StateFormat.Full; choose that");
    }

    // The global norm where clipping or the policy for NaN and infinity asks for it.
    bool Admit(out double scale)
    {
        scale = 1;
        (optimizer.LastGradientNorm, optimizer.LastStatistics) = (null, null);
        if (optimizer.MaxGradNorm is null && !optimizer.CollectStatistics && optimizer.NonFiniteGradients == NonFiniteGradients.LetThrough)
            return true;
        if (optimizer.NormOfAllGradients is { } all && !optimizer.CollectStatistics && optimizer.NonFiniteGradients == NonFiniteGradients.LetThrough)
        {
            scale = ScaleFor(all());
            return true;
        }

        foreach (var device in optimizer.Devices.Active)
            device.Measure();
        if (optimizer.NonFiniteGradients == NonFiniteGradients.LetThrough && !optimizer.CollectStatistics && optimizer.Devices.Single is { } only && planned.TrueForAll(t => t.Device == only || t.Slot.Length == 0))
        {
            only.Clip(optimizer.MaxGradNorm!.Value);
            return true;
        }
        var deviceSums = optimizer.Devices.Active.ToDictionary(device => device, device => device.ReadRowSums());

        if (chunkSums.Length < table.ChunkCount)
            chunkSums = new double[Math.Max(table.ChunkCount, 2 * chunkSums.Length)];
        ChunkCrew.Run(measureChunk, table.ChunkCount, table.Elements, Threads);
        var (chunk, sum) = (0, 0.0);
        foreach (ref var tensor in System.Runtime.InteropServices.CollectionsMarshal.AsSpan(planned))
        {
            var own = 0.0;
            if (tensor.Gradient is { } gradient)
                own = SumOfSquares(gradient);
            else if (tensor.Device is { } device)
                own = deviceSums[device][tensor.Row];
            else if (tensor.Row >= 0)
                for (; chunk < table.ChunkCount && table.ChunkAt(chunk).Row == tensor.Row; chunk++)
                    own += chunkSums[chunk];
            if (!double.IsFinite(own) && !Refuse(tensor))
                return false;
            sum += own;
        }
        scale = ScaleFor(Math.Sqrt(sum));
        return true;
    }

    // What the gradients are multiplied by so that they keep to the limit.
    double ScaleFor(double norm)
    {
        optimizer.LastGradientNorm = norm;
        return optimizer.MaxGradNorm is { } limit && !(limit / (norm + 1e-6) >= 1) ? limit / (norm + 1e-6) : 1;
    }

    // True: go on all the same.
    bool Refuse(in PlannedTensor tensor)
    {
        switch (optimizer.NonFiniteGradients)
        {
            case NonFiniteGradients.Throw:
                throw new GradientException($"the gradient of {tensor.Slot.Label} holds NaN or infinity: lower the learning rate, clip, or set NonFiniteGradients to skip such steps");
            case NonFiniteGradients.SkipStep:
                optimizer.SkippedSteps++;
                return false;
            default:
                return true;
        }
    }

    static double SumOfSquares(Tensor gradient)
    {
        using var scope = NewDisposeScope();
        return gradient.to_type(ScalarType.Float64).square().sum().cpu().item<double>();
    }

    void Advance()
    {
        for (var group = 0; group < optimizer.Slots.Count; group++)
            optimizer.OptionsOf(group).step++;
        foreach (var tensor in planned)
            tensor.Slot.State.step++;
    }

    void MeasuredUpdate(double scale)
    {
        var before = planned.ConvertAll(tensor => tensor.Slot.Parameter.detach().clone());
        temporaries.AddRange(before);
        Update(scale);
        optimizer.LastStatistics = StepStatistics.Measure(planned.Select(tensor => tensor.Slot), before, optimizer.LastGradientNorm!.Value, scale);
    }

    void Update(double scale)
    {
        for (var row = 0; row < table.Count; row++)
            table[row].Scalars.GradientScale = scale;
        optimizer.Devices.Update(scale);
        ChunkCrew.Run(updateChunk, table.ChunkCount, table.Elements, Threads);

        foreach (var tensor in planned)
        {
            if (tensor.Copy is { } copy)
                tensor.Slot.Parameter.copy_(copy);
            if (tensor.Gradient is { } gradient)
                UpdateWithOperators(tensor, gradient, scale);
        }
    }

    void UpdateWithOperators(in PlannedTensor tensor, Tensor gradient, double scale)
    {
        using var scope = NewDisposeScope();
        var parameter = tensor.Slot.Parameter;
        var arithmetic = tensor.Slot.Type == ScalarType.Float64 ? ScalarType.Float64 : ScalarType.Float32;
        var converted = tensor.Slot.Type != arithmetic;
        var theta = converted ? parameter.to_type(arithmetic) : (Tensor)parameter;
        var g = converted ? gradient.to_type(arithmetic) : gradient;
        if (scale != 1)
            g = g * scale;
        optimizer.StepWithOperators(theta, g, tensor.Slot.State.Moments, tensor.Scalars);
        if (converted)
            parameter.copy_(theta);
    }
}

/// <summary>One tensor of the step in hand.</summary>
record struct PlannedTensor(ParameterSlot Slot)
{
    /// <summary>The GPU that updates it, if one does.</summary>
    public CudaStep? Device;

    /// <summary>Its row in the GPU's table or the CPU's, or -1.</summary>
    public int Row = -1;

    /// <summary>The contiguous copy that is updated in place of the parameter and written back, if it needs one.</summary>
    public Tensor? Copy;

    /// <summary>The gradient, where tensor operators do the update.</summary>
    public Tensor? Gradient;

    /// <summary>The coefficients, where tensor operators do the update.</summary>
    public StepScalars Scalars;
}
