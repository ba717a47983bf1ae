using NativeTrain.Core;
using NativeTrain.Cpu;
using Xunit;

namespace NativeTrain.Core.Tests.Ops;

[Collection("convolutions")]
public sealed class ConvTranspose2dTests
{
    /// <summary>By the definition: y[n, i·s+kh, j·s+kw, o] += x[n,i,j,c]·w[c,kh,kw,o], and the gradients of that sum.</summary>
    [Theory]
    [InlineData(2, 5, 4, 6, 3, 2, 2)]
    [InlineData(1, 1, 1, 17, 1, 2, 2)]
    [InlineData(2, 3, 7, 16, 32, 2, 2)]
    [InlineData(1, 4, 5, 8, 9, 3, 2)]  // taps that overlap
    [InlineData(1, 4, 5, 8, 9, 2, 3)]  // gaps between the taps
    [InlineData(1, 4, 5, 8, 9, 3, 1)]
    public void EveryPassAgreesWithPlainLoops(int n, int h, int w, int inputs, int outputs, int kernel, int stride)
    {
        using var backend = new CpuBackend();
        var shape = new Conv2dShape(n, h, w, inputs, outputs, kernel, kernel, stride, 0, 1);
        int oh = (h - 1) * stride + kernel, ow = (w - 1) * stride + kernel;
        var random = new Random(7);
        float[] Numbers(int count) => [.. Enumerable.Range(0, count).Select(_ => random.NextSingle() - 0.5f)];
        float[] x = Numbers(n * h * w * inputs), weight = Numbers(inputs * kernel * kernel * outputs), bias = Numbers(outputs);
        float[] dy = Numbers(n * oh * ow * outputs), dwBefore = Numbers(weight.Length), dbBefore = Numbers(outputs);

        var y = new float[dy.Length];
        var dx = new float[x.Length];
        float[] dw = [.. dwBefore], db = [.. dbBefore];
        for (int k = 0; k < y.Length; k++)
        {
            y[k] = bias[k % outputs];
            db[k % outputs] += dy[k];
        }
        for (int image = 0; image < n; image++)
            for (int i = 0; i < h; i++)
                for (int j = 0; j < w; j++)
                    for (int c = 0; c < inputs; c++)
                        for (int kh = 0; kh < kernel; kh++)
                            for (int kw = 0; kw < kernel; kw++)
                                for (int o = 0; o < outputs; o++)
                                {
                                    int xi = ((image * h + i) * w + j) * inputs + c;
                                    int wi = ((c * kernel + kh) * kernel + kw) * outputs + o;
                                    int yi = ((image * oh + i * stride + kh) * ow + j * stride + kw) * outputs + o;
                                    y[yi] += x[xi] * weight[wi];
                                    dx[xi] += dy[yi] * weight[wi];
                                    dw[wi] += dy[yi] * x[xi];
                                }

        foreach (string implementation in (string[])["", "onednn", "direct"])
        {
            using var forced = new ForcedConvolutions(implementation);
            using var tx = ConvolutionCase.Upload(backend, x, n, h, w, inputs);
            using var tw = ConvolutionCase.Upload(backend, weight, inputs, kernel, kernel, outputs);
            using var tb = ConvolutionCase.Upload(backend, bias, outputs);
            using var tdy = ConvolutionCase.Upload(backend, dy, n, oh, ow, outputs);
            using var tdw = ConvolutionCase.Upload(backend, dwBefore, inputs, kernel, kernel, outputs);
            using var tdb = ConvolutionCase.Upload(backend, dbBefore, outputs);
            using var ty = Tensor.Create(backend, tdy.Shape);
            using var tdx = Tensor.Create(backend, tx.Shape);
            backend.Fill(ty, float.NaN);
            backend.Fill(tdx, float.NaN);
            backend.ConvTranspose2dForward(tx, tw, tb, ty, shape);
            backend.ConvTranspose2dBackwardData(tdy, tw, tdx, shape);
            backend.ConvTranspose2dBackwardWeight(tx, tdy, tdw, tdb, shape);
            ConvolutionCase.Near(y, backend.ToFloats(ty), "y");
            ConvolutionCase.Near(dx, backend.ToFloats(tdx), "dx");
            ConvolutionCase.Near(dw, backend.ToFloats(tdw), "dw");
            ConvolutionCase.Near(db, backend.ToFloats(tdb), "db");
        }
    }
}
