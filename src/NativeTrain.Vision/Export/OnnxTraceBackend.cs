using NativeTrain.Core;
using NativeTrain.Vision.Models;

namespace NativeTrain.Vision.Export;

/// <summary>
/// A backend that computes nothing and writes down, in an ONNX graph, what it is asked to compute. A model's own forward
/// pass over a tape that does not record (inference) becomes the graph, so whatever graph can be trained can be exported.
/// Our maps [N, …, C] are ONNX's [N, C, …]: channels are the last axis here and axis 1 there.
/// </summary>
/// <param name="graph">Takes the nodes.</param>
/// <param name="model">Its parameters, on its own backend, become initializers.</param>
/// <param name="dynamic">Whether batch, height and width stay free, so that shapes must be computed in the graph.</param>
internal sealed partial class OnnxTraceBackend(OnnxGraph graph, YoloModel model, bool dynamic) : IBackend
{
    private readonly TracedMemory memory = new(graph);
    private readonly Dictionary<Tensor, string> names = model.NamedTensors().ToDictionary(t => t.Tensor, t => t.Name);
    // 1/√(var + eps) of a batch norm, by the tensor that stands for it.
    private readonly Dictionary<Tensor, float[]> invStds = [];

    public string Name => "onnx";
    public IAllocator Allocator => memory;
    public bool Computes(DType type) => type == DType.F32;
    public DType MixedPrecision => DType.F32;
    public void Synchronize() { }

    /// <summary>Names what a tensor holds: the graph's input.</summary>
    public void Bind(Tensor t, string value) => memory.Write(t, new TracedValue(value));

    /// <summary>The value that a tensor holds.</summary>
    public string Read(Tensor t) => memory.Read(t);

    public string Conv2dImplementation(in Conv2dShape shape, int pass, DType type = DType.F32) => Name;
    public Arithmetic Conv2dArithmetic(in Conv2dShape shape, int pass, DType type = DType.F32) => new(shape.Flops, type);

    public void Conv2dForward(Tensor x, Tensor w, Tensor? bias, Tensor y, in Conv2dShape shape)
    {
        if (w.Shape.Rank == 2) // a linear layer: y = x·wᵀ + b
        {
            Write(y, graph.Node("Gemm", [Read(x), .. Initializers(w, bias)], OnnxAttribute.Int("transB", 1)));
            return;
        }
        string name = names[w];
        var conv = new TracedConvolution(Read(x), name[..name.LastIndexOf('.')], shape, Parameter(w), bias is null ? null : Parameter(bias));
        memory.Write(y, new TracedValue(() => conv.Emit(graph)) { Convolution = conv });
    }

    public void ConvTranspose2dForward(Tensor x, Tensor w, Tensor? bias, Tensor y, in Conv2dShape shape)
    {
        Write(y, graph.Node("ConvTranspose", [Read(x), .. Initializers(w, bias)], OnnxAttribute.Ints("kernel_shape", shape.KH, shape.KW), OnnxAttribute.Ints("strides", shape.Stride, shape.Stride)));
    }

    public void BatchNormInvStd(Tensor variance, float eps, Tensor invStd) =>
        invStds[invStd] = [.. Parameter(variance).Select(v => (float)(1 / Math.Sqrt((double)v + eps)))];

    public void BatchNormActForward(Tensor x, Tensor mean, Tensor invStd, Tensor gamma, Tensor beta, bool silu, Tensor? residual, Tensor y, Tensor? y2, int y2Begin)
    {
        if (memory.Whole(x)?.Convolution is not { } conv) throw new NotSupportedException($"a batch norm over {x} that does not follow a convolution cannot be exported");
        string value = conv.Fold(Parameter(mean), invStds[invStd], Parameter(gamma), Parameter(beta)).Emit(graph);
        if (silu) value = Silu(value);
        if (residual is not null) value = graph.Node("Add", [value, Read(residual)]);
        Write(y, value);
        if (y2 is not null) memory.Write(y2, new TracedValue(() => y2.C == y.C ? value : memory.Slice(value, y2Begin, y2.C)));
    }

    public void SiluForward(Tensor x, Tensor y) => Write(y, Silu(Read(x)));
    public void Add(Tensor a, Tensor b, Tensor y) => Write(y, graph.Node("Add", [Read(a), Read(b)]));

    public void Copy(Tensor x, Tensor y, bool accumulate)
    {
        string value = Read(x);
        Write(y, accumulate ? graph.Node("Add", [Read(y), value]) : value);
    }

    public void Upsample2xForward(Tensor x, Tensor y) =>
        Write(y, graph.Node("Resize", [Read(x), "", graph.Numbers(1, 1, 2, 2)],
            OnnxAttribute.Text("mode", "nearest"), OnnxAttribute.Text("coordinate_transformation_mode", "asymmetric"), OnnxAttribute.Text("nearest_mode", "floor")));

    public void MaxPoolForward(Tensor x, Tensor y, Tensor? argmax, int kernel, int stride, int padding) =>
        Write(y, graph.Node("MaxPool", [Read(x)],
            OnnxAttribute.Ints("kernel_shape", kernel, kernel), OnnxAttribute.Ints("strides", stride, stride), OnnxAttribute.Ints("pads", padding, padding, padding, padding)));

    public void GlobalAvgPoolForward(Tensor x, Tensor y) =>
        Write(y, graph.Node("Flatten", [graph.Node("GlobalAveragePool", [Read(x)])], OnnxAttribute.Int("axis", 1)));

    public void SoftmaxForward(Tensor x, Tensor y) => Write(y, graph.Node("Softmax", [Read(x)], OnnxAttribute.Int("axis", 1)));

    public void AttentionForward(Tensor qkv, Tensor y, Tensor p, int heads, int keyDim, int headDim) =>
        Write(y, AttentionNodes.Emit(graph, Read(qkv), dynamic ? null : (qkv.Shape[1], qkv.Shape[2]), heads, keyDim, headDim));

    public void DetectionDecode(IReadOnlyList<Tensor> box, IReadOnlyList<Tensor> cls, IReadOnlyList<int> strides, int regMax, Tensor y)
    {
        var decode = new DecodeNodes(graph, regMax);
        Write(y, graph.Node("Concat", [.. box.Select((b, l) => decode.Level(Read(b), Read(cls[l]), dynamic ? null : (b.Shape[1], b.Shape[2]), cls[l].C, strides[l]))], OnnxAttribute.Int("axis", 2)));
    }

    public void Dispose() { }

    private string Silu(string value) => graph.Node("Mul", [value, graph.Node("Sigmoid", [value])]);

    private void Write(Tensor y, string value) => memory.Write(y, new TracedValue(value));

    private IEnumerable<string> Initializers(params Tensor?[] parameters)
    {
        foreach (var t in parameters)
        {
            if (t is null) continue;
            var entry = WeightsFile.ToEntry(model.Backend, names[t], t);
            yield return graph.Initializer(entry.Name, entry.Shape.Dims, entry.ToFloats());
        }
    }

    /// <summary>A parameter's values in the file's layout: convolution weights [O, I, H, W].</summary>
    private float[] Parameter(Tensor t) => WeightsFile.ToEntry(model.Backend, "w", t).ToFloats();
}
