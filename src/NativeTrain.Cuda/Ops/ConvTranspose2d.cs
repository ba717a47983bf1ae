using NativeTrain.Core;

namespace NativeTrain.Cuda;

/// <summary>
/// Transposed convolution: the data gradient of the convolution that maps y's shape to x's and reads its weights
/// [I,KH,KW,O] as OHWI. So its gradients are that convolution's other passes.
/// </summary>
public sealed partial class CudaBackend
{
    private const string ConvTransposeFile = "conv_transpose2d";

    /// <summary>The kernels' struct ConvTranspose2d.</summary>
    private readonly record struct ConvTranspose2dShape(int N, int H, int W, int IC, int OC, int KH, int KW, int Stride);

    public void ConvTranspose2dForward(Tensor x, Tensor w, Tensor? bias, Tensor y, in Conv2dShape shape)
    {
        const int side = 64; // of a block's tile
        Mirrored(shape);
        var s = new ConvTranspose2dShape(shape.N, shape.H, shape.W, shape.IC, shape.OC, shape.KH, shape.KW, shape.Stride);
        if (s.KH != s.Stride || s.KW != s.Stride)
        {
            LaunchWith(ConvTransposeFile, $"conv_transpose2d_forward_v1<{T(x)}>", Blocks(y.Count), 256, s, x, w, bias, y);
            return;
        }
        int vector = s.IC % 4 == 0 && s.OC % 4 == 0 && x.Pointer % 16 == 0 && y.Pointer % 16 == 0 ? 4 : 1;
        long tiles = ((x.Rows + side - 1) / side) * (((long)s.KH * s.KW * s.OC + side - 1) / side);
        LaunchWith(ConvTransposeFile, $"conv_transpose2d_forward<{T(x)}, {vector}>", checked((int)tiles), 256, s, x, w, bias, y);
    }

    public void ConvTranspose2dBackwardData(Tensor dy, Tensor w, Tensor dx, in Conv2dShape shape) =>
        Conv2dForward(dy, w, null, dx, Mirrored(shape));

    public void ConvTranspose2dBackwardWeight(Tensor x, Tensor dy, Tensor dw, Tensor? db, in Conv2dShape shape)
    {
        Conv2dBackwardWeight(dy, x, dw, null, Mirrored(shape));
        if (db is not null) BiasGradient(dy, db);
    }

    private static Conv2dShape Mirrored(in Conv2dShape s) =>
        s.Pad == 0 && s.Groups == 1
            ? s with { H = (s.H - 1) * s.Stride + s.KH, W = (s.W - 1) * s.Stride + s.KW, IC = s.OC, OC = s.IC }
            : throw new ArgumentException("a transposed convolution has no padding and one group");
}
