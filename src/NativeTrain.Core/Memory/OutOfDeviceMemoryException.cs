namespace NativeTrain.Core;

/// <summary>
/// The device has no memory for what an op asked for. A training step catches it and goes on with smaller batches;
/// where it is not caught it ends the program with this one line.
/// </summary>
public sealed class OutOfDeviceMemoryException : Exception
{
    public OutOfDeviceMemoryException(string message) : base(message) { }

    /// <param name="wanted">Bytes asked for.</param>
    /// <param name="held">Bytes that tensors hold already.</param>
    /// <param name="limit">What stands in the way, in words: "40 MiB are free".</param>
    public OutOfDeviceMemoryException(long wanted, long held, string limit)
        : base($"out of memory: {MiB(wanted)} more are needed, tensors hold {MiB(held)}, {limit}; lower batch or imgsz, or take a smaller model") { }

    /// <summary>A native function or library found no memory for its own needs, whose size it does not tell.</summary>
    /// <param name="call">The function.</param>
    public static OutOfDeviceMemoryException In(string call) => new($"out of memory in {call}; lower batch or imgsz, or take a smaller model");

    private static string MiB(long bytes) => FormattableString.Invariant($"{bytes / 1048576.0:F1} MiB");
}
