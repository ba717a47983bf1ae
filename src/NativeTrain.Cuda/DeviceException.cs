using NativeTrain.Core;

namespace NativeTrain.Cuda;

/// <summary>A call of the CUDA driver or of a library beside it failed; the message is one line that names the call.</summary>
public sealed class DeviceException : Exception
{
    public DeviceException(string message) : base(OneLine.Of(message.ReplaceLineEndings(" "))) { }

    /// <param name="call">The function.</param>
    /// <param name="error">What it returned: CUDA_ERROR_….</param>
    /// <param name="text">What that means.</param>
    public DeviceException(string call, string error, string text) : this($"{call}: {error}{(text.Length > 0 ? $" ({text})" : "")}") { }
}
