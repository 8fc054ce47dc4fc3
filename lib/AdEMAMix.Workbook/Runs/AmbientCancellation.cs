using System.Reflection;

namespace AdEMAMix.Workbook;

/// <summary>The stop button of the notebook cell that runs, found by name: KernelInvocationContext.Current.CancellationToken.</summary>
static class AmbientCancellation
{
    const string Context = "Microsoft.DotNet.Interactive.KernelInvocationContext";

    /// <summary>The running cell's token; none where no cell runs.</summary>
    public static CancellationToken Token
    {
        get
        {
            foreach (var assembly in AppDomain.CurrentDomain.GetAssemblies())
            {
                var current = assembly.GetType(Context)?.GetProperty("Current", BindingFlags.Public | BindingFlags.Static)?.GetValue(null);
                if (current?.GetType().GetProperty("CancellationToken")?.GetValue(current) is CancellationToken token) return token;
            }
            return CancellationToken.None;
        }
    }
}
