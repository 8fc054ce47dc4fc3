// What goes wrong between processes.

namespace TorchSharp;

public static partial class distributed
{
    /// <summary>A process group that cannot be formed or go on; the message is one sentence and names the ranks concerned.</summary>
    /// <param name="message">The value, the rule and the remedy.</param>
    /// <param name="ranks">The ranks that are missing, gone or late.</param>
    public sealed class DistError(string message, IReadOnlyList<int>? ranks = null) : Exception(message)
    {
        /// <summary>The ranks that are missing, gone or late; empty where the error is about none of them.</summary>
        public IReadOnlyList<int> Ranks { get; } = ranks ?? [];
    }
}
