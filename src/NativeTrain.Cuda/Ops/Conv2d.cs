using NativeTrain.Core;
using NativeTrain.Cuda.Convolutions;

namespace NativeTrain.Cuda;

/// <summary>Convolution: who computes it. Depthwise ones have kernels of their own; for the others cuDNN is asked first (Conv2dCudnn.cs), then come tiles, or, for groups, the definition.</summary>
public sealed partial class CudaBackend
{
    /// <summary>The kernels' struct Conv2d.</summary>
    private readonly record struct Conv2dSizes(int N, int H, int W, int IC, int OC, int KH, int KW, int Stride, int Pad, int Groups, int OH, int OW)
    {
        public Conv2dSizes(in Conv2dShape s) : this(s.N, s.H, s.W, s.IC, s.OC, s.KH, s.KW, s.Stride, s.Pad, s.Groups, s.OH, s.OW) { }
    }

    public void Conv2dForward(Tensor x, Tensor w, Tensor? bias, Tensor y, in Conv2dShape shape)
    {
        if (IsDepthwise(shape)) DepthwiseForward(x, w, bias, y, shape);
        else if (!CudnnForward(x, w, bias, y, shape)) NativeConv2dForward(x, w, bias, y, shape);
    }

    public void Conv2dBackwardData(Tensor dy, Tensor w, Tensor dx, in Conv2dShape shape)
    {
        if (IsDepthwise(shape)) DepthwiseBackwardData(dy, w, dx, shape);
        else if (!CudnnBackwardData(dy, w, dx, shape)) NativeConv2dBackwardData(dy, w, dx, shape);
    }

    public void Conv2dBackwardWeight(Tensor x, Tensor dy, Tensor dw, Tensor? db, in Conv2dShape shape)
    {
        if (IsDepthwise(shape)) DepthwiseBackwardWeight(x, dy, dw, shape);
        else if (!CudnnBackwardWeight(x, dy, dw, shape)) NativeConv2dBackwardWeight(x, dy, dw, shape);
        if (db is not null) BiasGradient(dy, db);
    }

    public string Conv2dImplementation(in Conv2dShape shape, int pass, DType type = DType.F32) =>
        Implementation(shape, (ConvPass)pass, type);

    /// <summary>Tensor cores multiply 16 bits; all else multiplies floats. What algorithms of cuDNN's save is not known.</summary>
    public Arithmetic Conv2dArithmetic(in Conv2dShape shape, int pass, DType type = DType.F32)
    {
        bool library = cudnn?.Choice(new ConvKey((ConvPass)pass, type, shape)) is { Algorithm: not null };
        return new(shape.Flops, !naive && !IsDepthwise(shape) && (library || shape.Groups == 1) && HasTensorCores(type) ? type : DType.F32);
    }

    private string Implementation(in Conv2dShape shape, ConvPass pass, DType type) =>
        IsDepthwise(shape) ? pass == ConvPass.BackwardWeight ? DepthwiseWeightFile : DepthwiseFile
        : cudnn?.Choice(new ConvKey(pass, type, shape)) is { Algorithm: { } algorithm } ? $"cudnn algorithm {algorithm.Number}"
        : shape.Groups == 1 ? TileOf(shape, pass, type).Kernel : $"{GroupedKernel(pass)}<{T(type)}>";

    private void NativeConv2dForward(Tensor x, Tensor w, Tensor? bias, Tensor y, in Conv2dShape shape)
    {
        if (shape.Groups > 1 || naive) GroupedForward(x, w, bias, y, shape);
        else MultiplyTiles(x, w, bias, y, shape, backward: false, TileOf(shape, ConvPass.Forward, Narrower(x, y)));
    }

    private void NativeConv2dBackwardData(Tensor dy, Tensor w, Tensor dx, in Conv2dShape shape)
    {
        if (shape.Groups > 1 || naive) GroupedBackwardData(dy, w, dx, shape);
        else MultiplyTiles(dy, w, null, dx, shape, backward: true, TileOf(shape, ConvPass.BackwardData, Narrower(dy, dx)));
    }

    private void NativeConv2dBackwardWeight(Tensor x, Tensor dy, Tensor dw, in Conv2dShape shape)
    {
        if (shape.Groups > 1 || naive) GroupedBackwardWeight(x, dy, dw, shape);
        else MultiplyWeightTiles(x, dy, dw, shape, TileOf(shape, ConvPass.BackwardWeight, Narrower(x, dy)));
    }

    /// <summary>The type of a product's operands: 16 bits where one of two maps has them.</summary>
    private static DType Narrower(Tensor a, Tensor b) => a.Type == DType.F32 ? b.Type : a.Type;

    /// <summary>An operand in the product's type: itself, or, of floats, a rounded copy in memory at <paramref name="room"/>.</summary>
    private nint Rounded(Tensor x, DType type, nint room)
    {
        if (x.Type == type) return x.Pointer;
        int vector = x.Count % 4 == 0 && x.Pointer % 16 == 0 ? 4 : 1;
        Launch("conv2d_operands", $"conv2d_round<{T(type)}, {vector}>", Blocks(x.Count / vector), 256, x, room, x.Count);
        return room;
    }

    /// <summary>Bytes of that copy, none where the operand serves as it is.</summary>
    private static long RoundedBytes(Tensor x, DType type) => x.Type == type ? 0 : Scratch.Aligned(x.Count * type.Bytes());

    /// <summary>sums [rows, c] += the parts [parts, rows, pitch], in an order that depends on their number only.</summary>
    private void AddPartials(nint partial, int parts, long rows, int c, int pitch, Tensor sums)
    {
        int share = Math.Min(8, (int)System.Numerics.BitOperations.RoundUpToPowerOf2((uint)parts)), numbers = 256 / share;
        Launch("conv2d_operands", "conv2d_add_partials", Blocks(rows * c, numbers), new Dim3(numbers, share), partial, parts, rows, c, pitch, sums);
    }
}
