namespace NativeTrain.Core;

/// <summary>
/// Work that a device was asked for once and does again as a whole, by one call, on the same addresses: a CUDA graph. Made by
/// <see cref="IBackend.Record"/>. What differs from run to run it must read from tensors.
/// </summary>
public interface IReplay : IDisposable
{
    /// <summary>Whether the same tensors live at the same addresses as when it was recorded, so that it may run.</summary>
    bool IsValid { get; }

    /// <summary>Does the work again, in the order of the device's other work; returns before it is done.</summary>
    void Run();
}

/// <summary>Work that a device cannot record, for it needs the host on its way; the message says why, in one line. Nothing of it was done.</summary>
public sealed class NotRecordableException : Exception
{
    /// <param name="message">Why.</param>
    /// <param name="passing">Whether the same work may be recorded another time.</param>
    public NotRecordableException(string message, bool passing = false) : base(message) => IsPassing = passing;

    /// <param name="message">Why.</param>
    /// <param name="inner">The device's failure, which may pass.</param>
    public NotRecordableException(string message, Exception inner) : base(message, inner) => IsPassing = true;

    /// <summary>Whether it is for want of memory or by a failure of the device, and the same work may be recorded another time.</summary>
    public bool IsPassing { get; }
}
