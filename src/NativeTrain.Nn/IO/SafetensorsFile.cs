using System.Buffers.Binary;
using System.Runtime.InteropServices;
using NativeTrain.Core;

namespace NativeTrain.Nn;

/// <summary>What a safetensors file holds, read into host memory.</summary>
public sealed class SafetensorsFile : TensorFile
{
    internal SafetensorsFile(string path, IReadOnlyList<SafetensorsEntry> entries, IReadOnlyDictionary<string, string> metadata)
        : base(path, entries, metadata)
    {
    }

    /// <summary>Copies an array into a dense tensor of the same type and shape.</summary>
    /// <exception cref="InputException">It is absent, or of another type or shape.</exception>
    public void CopyTo(string name, IBackend backend, Tensor destination)
    {
        ArgumentNullException.ThrowIfNull(backend);
        ArgumentNullException.ThrowIfNull(destination);
        var entry = this[name];
        Require(entry, destination.Type.ToSafetensors(), destination.Shape);
        backend.Upload(entry.Bytes.Span, destination);
    }

    /// <summary>An I64 array of one element.</summary>
    /// <exception cref="InputException">It is absent, or something else.</exception>
    public long Int64(string name)
    {
        Require(this[name], SafetensorsType.I64, new Shape());
        return BinaryPrimitives.ReadInt64LittleEndian(this[name].Bytes.Span);
    }

    /// <summary>An F64 vector of <paramref name="count"/> elements.</summary>
    /// <exception cref="InputException">It is absent, or something else.</exception>
    public double[] Doubles(string name, int count)
    {
        Require(this[name], SafetensorsType.F64, new Shape(count));
        return MemoryMarshal.Cast<byte, double>(this[name].Bytes.Span).ToArray();
    }

    private void Require(SafetensorsEntry entry, SafetensorsType type, Shape shape)
    {
        if (entry.Type != type || entry.Shape != shape)
            throw new InputException($"{Path}: tensor '{entry.Name}' is {entry.Type}{entry.Shape}, where {type}{shape} was expected: another model or optimizer wrote it");
    }
}
