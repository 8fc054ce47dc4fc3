// A message of Jupyter's protocol, between the frames on the wire and the code that answers it.
using System.Text.Json.Nodes;

namespace AdEMAMix.Notebooks;

/// <summary>The header of a message; what replies and outputs carry back as the parent's.</summary>
/// <param name="Id">The message's own id.</param>
/// <param name="Type">The name of its type.</param>
/// <param name="Json">The header as it was sent, with fields that only front ends know.</param>
sealed record MessageHeader(string Id, string Type, JsonObject Json);

/// <summary>A request from a front end.</summary>
/// <param name="Peers">The routing frames before the delimiter: who asks.</param>
/// <param name="Header">What it is.</param>
/// <param name="Content">Its content; each type has its own fields.</param>
sealed record JupyterRequest(IReadOnlyList<byte[]> Peers, MessageHeader Header, JsonObject Content)
{
    /// <summary>When it came in, on the clock of <see cref="System.Diagnostics.Stopwatch"/>.</summary>
    public long Arrived { get; init; }
}

/// <summary>A message to front ends.</summary>
/// <param name="Type">The name of its type.</param>
/// <param name="Content">Its content.</param>
/// <param name="Parent">The header of the request that it answers or comes from; null where the kernel speaks for itself.</param>
/// <param name="Peers">Whom it is for; on iopub, what it is about.</param>
sealed record JupyterAnswer(string Type, JsonObject Content, MessageHeader? Parent, IReadOnlyList<byte[]> Peers);
