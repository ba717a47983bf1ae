using System.Runtime.InteropServices;
using NativeTrain.Core;

namespace NativeTrain.Nn;

/// <summary>One named array of a safetensors file, or of a PyTorch file read into the same form: row-major, little-endian, in host memory or made when it is asked for.</summary>
public sealed class SafetensorsEntry
{
    private readonly Func<ReadOnlyMemory<byte>> bytes;

    private SafetensorsEntry(string name, SafetensorsType type, Shape shape, Func<ReadOnlyMemory<byte>> bytes)
    {
        ArgumentException.ThrowIfNullOrEmpty(name);
        Name = name;
        Type = type;
        Shape = shape;
        this.bytes = bytes;
    }

    /// <exception cref="ArgumentException">The bytes are not as many as type and shape ask for.</exception>
    public SafetensorsEntry(string name, SafetensorsType type, Shape shape, ReadOnlyMemory<byte> bytes) : this(name, type, shape, () => bytes)
    {
        if (bytes.Length != shape.Count * type.Bytes())
            throw new ArgumentException($"'{name}' {type}{shape} takes {shape.Count * type.Bytes()} bytes, not {bytes.Length}");
    }

    /// <summary>
    /// An entry whose contents are made when it is written: a large file's arrays then lie in memory one at a time. What
    /// <paramref name="bytes"/> reads must not change until then.
    /// </summary>
    public static SafetensorsEntry Deferred(string name, SafetensorsType type, Shape shape, Func<ReadOnlyMemory<byte>> bytes) => new(name, type, shape, bytes);

    public string Name { get; }
    public SafetensorsType Type { get; }
    /// <summary>Extents, outermost first; rank 0 is a single number.</summary>
    public Shape Shape { get; }
    public ReadOnlyMemory<byte> Bytes => bytes();
    public long ByteCount => Shape.Count * Type.Bytes();

    /// <summary>An F32 entry; the values are copied.</summary>
    public static SafetensorsEntry FromFloats(string name, Shape shape, ReadOnlySpan<float> values) =>
        new(name, SafetensorsType.F32, shape, MemoryMarshal.AsBytes(values).ToArray());

    /// <summary>An F64 entry; the values are copied. Holds scalars that must come back to the last bit.</summary>
    public static SafetensorsEntry FromDoubles(string name, Shape shape, ReadOnlySpan<double> values) =>
        new(name, SafetensorsType.F64, shape, MemoryMarshal.AsBytes(values).ToArray());

    /// <summary>An I64 entry; the values are copied.</summary>
    public static SafetensorsEntry FromLongs(string name, Shape shape, ReadOnlySpan<long> values) =>
        new(name, SafetensorsType.I64, shape, MemoryMarshal.AsBytes(values).ToArray());

    /// <summary>A dense tensor's contents, in its own type and memory layout.</summary>
    public static SafetensorsEntry FromTensor(string name, IBackend backend, Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(backend);
        ArgumentNullException.ThrowIfNull(tensor);
        byte[] bytes = new byte[checked((int)tensor.Bytes)];
        backend.Download(tensor, bytes);
        return new SafetensorsEntry(name, tensor.Type.ToSafetensors(), tensor.Shape, bytes);
    }

    /// <summary>A dense tensor's contents at the time they are written.</summary>
    public static SafetensorsEntry DeferredTensor(string name, IBackend backend, Tensor tensor)
    {
        ArgumentNullException.ThrowIfNull(tensor);
        return Deferred(name, tensor.Type.ToSafetensors(), tensor.Shape, () => FromTensor(name, backend, tensor).Bytes);
    }

    /// <summary>The elements as float32, rounded to nearest where the type is wider; a copy.</summary>
    public float[] ToFloats()
    {
        var bytes = Bytes.Span;
        float[] y = new float[Shape.Count];
        switch (Type)
        {
            case SafetensorsType.F32:
                bytes.CopyTo(MemoryMarshal.AsBytes(y.AsSpan()));
                break;
            case SafetensorsType.F16:
                var halves = MemoryMarshal.Cast<byte, Half>(bytes);
                for (int i = 0; i < y.Length; i++) y[i] = (float)halves[i];
                break;
            case SafetensorsType.BF16: // the upper half of a float32
                var uppers = MemoryMarshal.Cast<byte, ushort>(bytes);
                for (int i = 0; i < y.Length; i++) y[i] = BitConverter.UInt32BitsToSingle((uint)uppers[i] << 16);
                break;
            case SafetensorsType.F64:
                var doubles = MemoryMarshal.Cast<byte, double>(bytes);
                for (int i = 0; i < y.Length; i++) y[i] = (float)doubles[i];
                break;
            case SafetensorsType.I64:
                var longs = MemoryMarshal.Cast<byte, long>(bytes);
                for (int i = 0; i < y.Length; i++) y[i] = longs[i];
                break;
            case SafetensorsType.I32:
                var ints = MemoryMarshal.Cast<byte, int>(bytes);
                for (int i = 0; i < y.Length; i++) y[i] = ints[i];
                break;
            default: // U8, BOOL
                for (int i = 0; i < y.Length; i++) y[i] = bytes[i];
                break;
        }
        return y;
    }

    public override string ToString() => $"{Name} {Type}{Shape}";
}
