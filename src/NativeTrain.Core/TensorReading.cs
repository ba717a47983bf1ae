using System.Runtime.InteropServices;

namespace NativeTrain.Core;

/// <summary>Tensors as host values.</summary>
public static class TensorReading
{
    /// <summary>The elements of a dense F32 tensor, copied to host memory.</summary>
    public static float[] ToFloats(this IBackend backend, Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(backend);
        ArgumentNullException.ThrowIfNull(tensor);
        var values = new float[tensor.Count];
        backend.Download(tensor, MemoryMarshal.AsBytes(values.AsSpan()));
        return values;
    }
}
