using System.Runtime.InteropServices;
using NativeTrain.Nn;

namespace NativeTrain.Vision.Export;

/// <summary>An extent of an input or output: a number, or a name where it is free ("batch").</summary>
internal readonly record struct OnnxDimension(long Value, string? Name = null)
{
    public static implicit operator OnnxDimension(int value) => new(value);
    public static implicit operator OnnxDimension(string name) => new(0, name);
}

/// <summary>The messages of an ONNX file. Field numbers: https://github.com/onnx/onnx/blob/main/onnx/onnx.proto.</summary>
internal static class OnnxProto
{
    /// <summary>TensorProto.DataType.</summary>
    public const int Float = 1, Int64 = 7;

    /// <summary>ModelProto.</summary>
    public static ProtoMessage Model(int irVersion, int opset, string producer, string version, ProtoMessage graph, IEnumerable<(string Key, string Value)> metadata)
    {
        var model = new ProtoMessage().Add(1, irVersion).Add(2, producer).Add(3, version).Add(7, graph);
        model.Add(8, new ProtoMessage().Add(1, "").Add(2, opset)); // the standard operators' domain has no name
        foreach (var (key, value) in metadata) model.Add(14, new ProtoMessage().Add(1, key).Add(2, value));
        return model;
    }

    /// <summary>NodeProto.</summary>
    public static ProtoMessage Node(string name, string op, IEnumerable<string> inputs, IEnumerable<string> outputs, IEnumerable<OnnxAttribute> attributes)
    {
        var node = new ProtoMessage();
        foreach (string input in inputs) node.Add(1, input);
        foreach (string output in outputs) node.Add(2, output);
        node.Add(3, name).Add(4, op);
        foreach (var attribute in attributes) node.Add(5, attribute.ToProto());
        return node;
    }

    /// <summary>TensorProto of row-major values.</summary>
    public static ProtoMessage Tensor<T>(string name, ReadOnlySpan<int> dims, T[] values) where T : unmanaged
    {
        var tensor = new ProtoMessage();
        foreach (int d in dims) tensor.Add(1, d);
        return tensor.Add(2, typeof(T) == typeof(long) ? Int64 : Float).Add(8, name).Add(9, MemoryMarshal.AsBytes(values.AsSpan()).ToArray());
    }

    /// <summary>ValueInfoProto of a float tensor.</summary>
    public static ProtoMessage Value(string name, IEnumerable<OnnxDimension> dims)
    {
        var shape = new ProtoMessage();
        foreach (var d in dims) shape.Add(1, d.Name is null ? new ProtoMessage().Add(1, d.Value) : new ProtoMessage().Add(2, d.Name));
        var tensor = new ProtoMessage().Add(1, Float).Add(2, shape);
        return new ProtoMessage().Add(1, name).Add(2, new ProtoMessage().Add(1, tensor));
    }
}

/// <summary>An attribute of a node (AttributeProto).</summary>
internal sealed class OnnxAttribute
{
    private const int IsInt = 2, IsString = 3, IsInts = 7;

    private readonly string name;
    private readonly string? text;
    private readonly long[] numbers;
    private readonly int type;

    private OnnxAttribute(string name, int type, long[] numbers, string? text = null)
    {
        this.name = name;
        this.type = type;
        this.numbers = numbers;
        this.text = text;
    }

    public static OnnxAttribute Int(string name, long value) => new(name, IsInt, [value]);
    public static OnnxAttribute Ints(string name, params long[] values) => new(name, IsInts, values);
    public static OnnxAttribute Text(string name, string value) => new(name, IsString, [], value);

    public ProtoMessage ToProto()
    {
        var proto = new ProtoMessage().Add(1, name);
        switch (type)
        {
            case IsInt:
                proto.Add(3, numbers[0]);
                break;
            case IsString:
                proto.Add(4, System.Text.Encoding.UTF8.GetBytes(text!));
                break;
            default:
                foreach (long n in numbers) proto.Add(8, n);
                break;
        }
        return proto.Add(20, type);
    }

    public override string ToString() => $"{name}={text}{string.Join(',', numbers)}";
}
