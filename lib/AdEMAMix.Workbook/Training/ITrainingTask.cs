using static TorchSharp.torch;

namespace AdEMAMix.Workbook;

/// <summary>What a run trains: a model, the samples of every step, an evaluation. Samples are a pure function of the step and the place in the batch.</summary>
interface ITrainingTask : IDisposable
{
    /// <summary>The model in training.</summary>
    nn.Module Model { get; }

    /// <summary>SHA-256 of the data: another content under the same name is another run.</summary>
    string ContentHash { get; }

    /// <summary>What a checkpoint must hold beside the weights so that the model can be used without its data: the tokenizer, the classes.</summary>
    string Description { get; }

    /// <summary>What one sample adds to the count of tokens.</summary>
    long TokensPerSample { get; }

    /// <summary>Forward and backward pass of some rows of a step's batch; gradients are added to what the parameters hold.</summary>
    /// <param name="step">Steps done before it.</param>
    /// <param name="first">The first row, from 0.</param>
    /// <param name="rows">How many.</param>
    /// <param name="share">By which loss and gradients are weighted: <paramref name="rows"/> by the whole batch.</param>
    /// <returns>The rows' mean loss times <paramref name="share"/>; where it is not finite there was no backward pass.</returns>
    double Train(int step, int first, int rows, double share);

    /// <summary>A part of an evaluation: its batches with numbers <paramref name="part"/>, <paramref name="part"/> + <paramref name="parts"/>, and so on.</summary>
    /// <param name="step">Steps done: data may change on the way.</param>
    /// <param name="part">Which part.</param>
    /// <param name="parts">Into how many.</param>
    /// <returns>Sums over samples; divided by the last, which counts them, they are means. The first is the loss.</returns>
    double[] Evaluate(int step, int part, int parts);

    /// <summary>What an evaluation records beside the loss.</summary>
    /// <param name="step">Steps done.</param>
    /// <param name="means">What all parts of <see cref="Evaluate"/> came to, without the count.</param>
    IEnumerable<RunMeasurement> Measure(int step, IReadOnlyList<double> means);
}
