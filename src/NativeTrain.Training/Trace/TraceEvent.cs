using NativeTrain.Core;

namespace NativeTrain.Training;

/// <summary>A span of time on a track.</summary>
/// <param name="Track">A thread of this process, or a queue of the device.</param>
/// <param name="Category">"step", "loader", "op", "copy", "optimizer", "device".</param>
/// <param name="Name">The work.</param>
/// <param name="Start">Seconds since the log began.</param>
/// <param name="End">Likewise.</param>
public sealed record TraceEvent(TraceTrack Track, string Category, string Name, double Start, double End)
{
    /// <summary>Which one of many (the image, the batch); −1: none.</summary>
    public long Number { get; init; } = -1;

    /// <summary>The file it is about.</summary>
    public string? File { get; init; }

    /// <summary>The kernel call that it is.</summary>
    public KernelCall? Call { get; init; }

    /// <summary>The layer that it belongs to: "model.10"; empty outside of layers.</summary>
    public string Layer { get; init; } = "";

    /// <summary>Which of several kernels ran, where there are several.</summary>
    public string Implementation { get; init; } = "";

    public double Seconds => End - Start;
}

/// <summary>A line of the trace: a thread, or a queue of the device.</summary>
/// <param name="Id">From 1.</param>
/// <param name="Name">For the reader.</param>
/// <param name="OfDevice">Whether the device's clock filled it.</param>
public sealed record TraceTrack(int Id, string Name, bool OfDevice = false);

/// <summary>How much tensor memory is alive at a moment.</summary>
/// <param name="At">Seconds since the log began.</param>
/// <param name="Bytes">Of all tensors.</param>
public readonly record struct TraceMemory(double At, long Bytes);
