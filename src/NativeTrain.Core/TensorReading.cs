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

    /// <summary>The elements of a map of any float type, dense or a slice, as F32 in host memory.</summary>
    public static float[] MapToFloats(this IBackend backend, Tensor map)
    {
        ArgumentNullException.ThrowIfNull(backend);
        ArgumentNullException.ThrowIfNull(map);
        if (map.Type == DType.F32 && map.IsDense) return backend.ToFloats(map);
        using var dense = Tensor.Create(backend, map.Shape);
        backend.Copy(map, dense, accumulate: false);
        return backend.ToFloats(dense);
    }
}
