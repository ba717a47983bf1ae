using Google.Protobuf;

namespace NativeTrain.Nn;

/// <summary>
/// A protocol buffer message, built field by field: for formats of which a few messages are needed (ONNX, TensorBoard
/// events), so that no generated classes stand in the repository. Encoding: https://protobuf.dev/programming-guides/encoding.
/// </summary>
public sealed class ProtoMessage
{
    private readonly List<Action<CodedOutputStream>> fields = [];

    /// <summary>Bytes of the fields so far, as they are written.</summary>
    public int Size { get; private set; }

    /// <summary>An int64, int32 or enum field.</summary>
    public ProtoMessage Add(int field, long value) =>
        Add(field, WireFormat.WireType.Varint, CodedOutputStream.ComputeInt64Size(value), o => o.WriteInt64(value));

    /// <summary>A float field.</summary>
    public ProtoMessage Add(int field, float value) => Add(field, WireFormat.WireType.Fixed32, sizeof(float), o => o.WriteFloat(value));

    /// <summary>A double field.</summary>
    public ProtoMessage Add(int field, double value) => Add(field, WireFormat.WireType.Fixed64, sizeof(double), o => o.WriteDouble(value));

    /// <summary>A string field (UTF-8).</summary>
    public ProtoMessage Add(int field, string value) =>
        Add(field, WireFormat.WireType.LengthDelimited, CodedOutputStream.ComputeStringSize(value), o => o.WriteString(value));

    /// <summary>A bytes field; the bytes are not copied.</summary>
    public ProtoMessage Add(int field, ReadOnlyMemory<byte> value)
    {
        var bytes = UnsafeByteOperations.UnsafeWrap(value);
        return Add(field, WireFormat.WireType.LengthDelimited, CodedOutputStream.ComputeBytesSize(bytes), o => o.WriteBytes(bytes));
    }

    /// <summary>A message within this one. It must be complete: fields added to it later would not be in its length.</summary>
    public ProtoMessage Add(int field, ProtoMessage message)
    {
        ArgumentNullException.ThrowIfNull(message);
        int size = message.Size;
        return Add(field, WireFormat.WireType.LengthDelimited, CodedOutputStream.ComputeLengthSize(size) + size, o =>
        {
            o.WriteLength(size);
            message.WriteTo(o);
        });
    }

    /// <summary>Writes the message, without a length before it.</summary>
    public void WriteTo(Stream stream)
    {
        using var output = new CodedOutputStream(stream, leaveOpen: true);
        WriteTo(output);
    }

    private void WriteTo(CodedOutputStream output)
    {
        foreach (var field in fields) field(output);
    }

    private ProtoMessage Add(int field, WireFormat.WireType type, int size, Action<CodedOutputStream> write)
    {
        Size = checked(Size + CodedOutputStream.ComputeTagSize(field) + size);
        fields.Add(o =>
        {
            o.WriteTag(field, type);
            write(o);
        });
        return this;
    }
}
