// What goes wrong on the device.
namespace AdEMAMix;

/// <summary>
/// A call to NVIDIA's driver or compiler failed. Before the update's launch nothing has been changed; an error that a device
/// reports later, for an earlier launch, leaves its memory undefined, and the process must be started again.
/// </summary>
public sealed class CudaException(string message) : Exception(message);
