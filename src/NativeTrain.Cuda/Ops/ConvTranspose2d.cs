using NativeTrain.Core;
using NativeTrain.Cuda.Convolutions;

namespace NativeTrain.Cuda;

/// <summary>
/// Transposed convolution without padding: y[n, i·s+r, j·s+t, o] += Σ over c of x[n,i,j,c] · w[c,r,t,o], + bias[o]. It is the data
/// gradient of the convolution that maps y's shape to x's and reads w [I,KH,KW,O] as OHWI, and its gradients are that
/// convolution's other passes. Where windows do not overlap (the prototypes of a segmenter: 2×2, stride 2), each of the data
/// gradient's phases is a plain product of x and the weights of one tap.
/// </summary>
public sealed partial class CudaBackend
{
    public void ConvTranspose2dForward(Tensor x, Tensor w, Tensor? bias, Tensor y, in Conv2dShape shape)
    {
        var s = Mirrored(shape);
        MultiplyTiles(x, w, bias, y, s, backward: true, TileOf(s, ConvPass.BackwardData, x.Type));
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
