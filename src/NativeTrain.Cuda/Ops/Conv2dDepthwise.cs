using NativeTrain.Core;

namespace NativeTrain.Cuda;

/// <summary>Convolutions of one input channel an output channel (kernels/conv2d_depthwise*.cu).</summary>
public sealed partial class CudaBackend
{
    private const string DepthwiseFile = "conv2d_depthwise", DepthwiseWeightFile = "conv2d_depthwise_weight";

    // As in kernels/conv2d_depthwise.cuh.
    private const int DepthwiseColumns = 4, DepthwiseThreads = 256;

    /// <summary>The kernels' struct of the same name.</summary>
    private readonly record struct DepthwiseShape(int N, int H, int W, int OH, int OW, int C, int KH, int KW, int Stride, int PadH, int PadW)
    {
        public DepthwiseShape(in Conv2dShape s) : this(s.N, s.H, s.W, s.OH, s.OW, s.IC, s.KH, s.KW, s.Stride, s.Pad, s.Pad) { }

        /// <summary>The convolution of dy that gives dx, where the stride is 1 and the weights are flipped.</summary>
        public DepthwiseShape Reversed => new(N, OH, OW, H, W, C, KH, KW, 1, KH - 1 - PadH, KW - 1 - PadW);

        public long Strips => (long)N * OH * CeilDivide(OW, DepthwiseColumns);

        /// <summary>Neighbours in a kernel row that a thread takes together.</summary>
        public int Taps => KW == 3 && Stride == 1 ? 3 : 1;
    }

    private static bool IsDepthwise(in Conv2dShape s) => s.Groups == s.IC && s.Groups == s.OC;

    private void DepthwiseForward(Tensor x, Tensor w, Tensor? bias, Tensor y, in Conv2dShape shape)
    {
        if (x.Type == y.Type && !naive) Depthwise(x, w, bias, y, new DepthwiseShape(shape), flip: false);
        else DepthwiseForwardV1(x, w, bias, y, shape);
    }

    private void DepthwiseBackwardData(Tensor dy, Tensor w, Tensor dx, in Conv2dShape shape)
    {
        var s = new DepthwiseShape(shape);
        if (dy.Type == dx.Type && s.Stride == 1 && !naive) Depthwise(dy, w, null, dx, s.Reversed, flip: true);
        else DepthwiseBackwardDataV1(dy, w, dx, shape);
    }

    /// <summary>As the formula reads, a thread a number: for maps of two types, and to compare with.</summary>
    internal void DepthwiseForwardV1(Tensor x, Tensor w, Tensor? bias, Tensor y, in Conv2dShape shape) =>
        LaunchWith(DepthwiseFile, $"conv2d_depthwise_forward_v1<{T(x)}, {T(y)}>", Blocks(y.Count), DepthwiseThreads, new DepthwiseShape(shape), x, w, bias, y);

    /// <summary>The same for the data gradient; it serves other strides than 1 too.</summary>
    internal void DepthwiseBackwardDataV1(Tensor dy, Tensor w, Tensor dx, in Conv2dShape shape) =>
        LaunchWith(DepthwiseFile, $"conv2d_depthwise_backward_data_v1<{T(dy)}, {T(dx)}>", Blocks(dx.Count), DepthwiseThreads, new DepthwiseShape(shape), dy, w, dx);

    private void Depthwise(Tensor x, Tensor w, Tensor? bias, Tensor y, DepthwiseShape s, bool flip)
    {
        int vector = Vector(x, y), lanes = DepthwiseLanes(s.C / vector), rows = DepthwiseThreads / lanes, channels = lanes * vector;
        var grid = new Dim3(Blocks(s.Strips, rows).X, CeilDivide(s.C, channels));
        LaunchWith(DepthwiseFile, $"conv2d_depthwise_forward<{T(x)}, {vector}, {s.Taps}>", grid, new Dim3(lanes, rows), s.KH * s.KW * (channels + 4) * sizeof(float), s, x, w, bias, y, flip);
    }

    /// <summary>dw += …, in two steps: parts of the map, whose number follows from the shape alone, and their sum.</summary>
    private void DepthwiseBackwardWeight(Tensor x, Tensor dy, Tensor dw, in Conv2dShape shape)
    {
        const int maxParts = 256, stripsAPart = 64, maxGroups = 9;
        var s = new DepthwiseShape(shape);
        int vector = x.Type == dy.Type ? Vector(x, dy) : 1, taps = vector > 1 ? s.Taps : 1;
        int lanes = DepthwiseLanes(s.C / vector), channels = lanes * vector;
        int groups = s.KH * s.KW / taps, blockGroups = Math.Min(groups, Math.Min(maxGroups, DepthwiseThreads / lanes));
        int along = Math.Min(64, DepthwiseThreads / (lanes * blockGroups)), threads = lanes * blockGroups * along;
        int pitch = RoundUp(threads, 32) + 32 / vector; // of a row of sums in shared memory
        int parts = (int)Math.Clamp(s.Strips / stripsAPart, 1, maxParts);
        nint partials = Workspace((long)parts * s.KH * s.KW * s.C * sizeof(float));
        LaunchWith(DepthwiseWeightFile, $"conv2d_depthwise_backward_weight<{T(x)}, {T(dy)}, {vector}, {taps}>",
            new Dim3(parts, CeilDivide(s.C, channels), CeilDivide(groups, blockGroups)), new Dim3(lanes, blockGroups, along),
            taps * vector * pitch * sizeof(float), s, x, dy, partials, pitch);
        Launch(DepthwiseWeightFile, "conv2d_depthwise_add_partials", new Dim3(CeilDivide(s.C, 32), s.KH * s.KW), new Dim3(32, 8), partials, parts, s.KH * s.KW, s.C, dw);
    }

    // Threads beside each other over the channels: all of a pixel's where they are at most 32, else equal shares.
    private static int DepthwiseLanes(int packs)
    {
        int blocks = CeilDivide(packs, 32);
        return CeilDivide(packs, blocks);
    }
}
