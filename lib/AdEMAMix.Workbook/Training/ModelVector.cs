using static TorchSharp.torch;

namespace AdEMAMix.Workbook;

/// <summary>A model's parameters or gradients as one vector, [parameters], in the model's order.</summary>
static class ModelVector
{
    /// <summary>All parameters in one row.</summary>
    public static Tensor Parameters(nn.Module model) => cat([.. model.parameters().Select(p => p.detach().reshape(-1))], 0);

    /// <summary>All gradients in one row.</summary>
    public static Tensor Gradient(nn.Module model) => cat([.. model.parameters().Select(p => p.grad!.reshape(-1))], 0);

    /// <summary>Writes one row back into the parameters.</summary>
    public static void SetParameters(nn.Module model, Tensor row)
    {
        using var frozen = no_grad();
        var start = 0L;
        foreach (var parameter in model.parameters())
        {
            parameter.copy_(row.narrow(0, start, parameter.numel()).view(parameter.shape));
            start += parameter.numel();
        }
    }
}
