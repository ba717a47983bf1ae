namespace NativeTrain.Core;

/// <summary>The numbers that fix a convolution. Padding is the same on all sides; kernels may be rectangular.</summary>
public readonly record struct Conv2dShape(int N, int H, int W, int IC, int OC, int KH, int KW, int Stride, int Pad, int Groups)
{
    public int OH => (H + 2 * Pad - KH) / Stride + 1;
    public int OW => (W + 2 * Pad - KW) / Stride + 1;
    /// <summary>Floating-point operations of one pass (a multiply-add counts two).</summary>
    public long Flops => 2L * N * OH * OW * OC * (IC / Groups) * KH * KW;
}
