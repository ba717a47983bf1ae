using System.Globalization;
using NativeTrain.Nn;

namespace NativeTrain.Vision.Export;

/// <summary>
/// An ONNX graph under construction. A value is known by its name. Asked twice for the same operator on the same
/// inputs, it gives the same value: nothing is computed twice.
/// </summary>
internal sealed class OnnxGraph
{
    private readonly List<ProtoMessage> nodes = [];
    private readonly List<ProtoMessage> initializers = [];
    private readonly List<ProtoMessage> inputs = [];
    private readonly List<ProtoMessage> outputs = [];
    private readonly Dictionary<string, string[]> known = [];
    private readonly Dictionary<string, int> used = [];

    /// <summary>The one output of an operator.</summary>
    public string Node(string op, IReadOnlyList<string> from, params IReadOnlyList<OnnxAttribute> attributes) => Nodes(op, from, 1, attributes)[0];

    /// <summary>The outputs of an operator.</summary>
    public string[] Nodes(string op, IReadOnlyList<string> from, int count, params IReadOnlyList<OnnxAttribute> attributes)
    {
        string key = $"{op}({string.Join('|', from)}){count}[{string.Join(';', attributes)}]";
        if (known.TryGetValue(key, out string[]? values)) return values;
        string name = NewName(op);
        values = count == 1 ? [name] : [.. Enumerable.Range(0, count).Select(i => $"{name}.{i}")];
        nodes.Add(OnnxProto.Node(name, op, from, values, attributes));
        return known[key] = values;
    }

    /// <summary>A vector of whole numbers: axes, shapes, bounds.</summary>
    public string Longs(params long[] values) => Constant($"[{string.Join(',', values)}]", "longs", [values.Length], values);

    /// <summary>One whole number (rank 0).</summary>
    public string Long(long value) => Constant($"long {value}", "long", [], [value]);

    /// <summary>One number (rank 0).</summary>
    public string Number(float value) => Constant($"number {value.ToString("R", CultureInfo.InvariantCulture)}", "number", [], [value]);

    /// <summary>A vector of numbers.</summary>
    public string Numbers(params float[] values) =>
        Constant($"numbers {string.Join(',', values.Select(v => v.ToString("R", CultureInfo.InvariantCulture)))}", "numbers", [values.Length], values);

    /// <summary>A tensor of whole numbers under a name of its own.</summary>
    public string Initializer(string name, ReadOnlySpan<int> dims, long[] values) => Keep(name, dims, values);

    /// <summary>A tensor under a name of its own, or a variant of it where the name is taken.</summary>
    public string Initializer(string name, ReadOnlySpan<int> dims, float[] values) => Keep(name, dims, values);

    public string Input(string name, params IReadOnlyList<OnnxDimension> dims)
    {
        inputs.Add(OnnxProto.Value(NewName(name), dims));
        return name;
    }

    /// <summary>Makes a value an output under a name.</summary>
    public void Output(string name, string value, params IReadOnlyList<OnnxDimension> dims)
    {
        nodes.Add(OnnxProto.Node(NewName(name), "Identity", [value], [name], []));
        outputs.Add(OnnxProto.Value(name, dims));
    }

    /// <summary>The graph as a GraphProto.</summary>
    public ProtoMessage ToProto(string name)
    {
        var graph = new ProtoMessage();
        foreach (var node in nodes) graph.Add(1, node);
        graph.Add(2, name);
        foreach (var tensor in initializers) graph.Add(5, tensor);
        foreach (var value in inputs) graph.Add(11, value);
        foreach (var value in outputs) graph.Add(12, value);
        return graph;
    }

    private string Constant<T>(string key, string name, ReadOnlySpan<int> dims, T[] values) where T : unmanaged
    {
        if (!known.TryGetValue(key, out string[]? value)) known[key] = value = [Keep(name, dims, values)];
        return value[0];
    }

    private string Keep<T>(string name, ReadOnlySpan<int> dims, T[] values) where T : unmanaged
    {
        name = NewName(name);
        initializers.Add(OnnxProto.Tensor(name, dims, values));
        return name;
    }

    private string NewName(string name)
    {
        int times = used.GetValueOrDefault(name);
        used[name] = times + 1;
        return times == 0 ? name : $"{name}_{times}";
    }
}
