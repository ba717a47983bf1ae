using System.Runtime.InteropServices;
using NativeTrain.Core;
using static NativeTrain.Cpu.Native;

namespace NativeTrain.Cpu;

/// <content>Convolutions, and the library of which some of them are.</content>
public sealed unsafe partial class CpuBackend
{
    public void Conv2dForward(Tensor x, Tensor w, Tensor? bias, Tensor y, in Conv2dShape shape)
    {
        var s = Shape(shape);
        Check(nt_conv2d_forward(&s, T(x), x.Pointer, w.Pointer, P(bias), T(y), y.Pointer));
    }

    public void Conv2dBackwardData(Tensor dy, Tensor w, Tensor dx, in Conv2dShape shape)
    {
        var s = Shape(shape);
        Check(nt_conv2d_backward_data(&s, T(dy), dy.Pointer, w.Pointer, T(dx), dx.Pointer));
    }

    public void Conv2dBackwardWeight(Tensor x, Tensor dy, Tensor dw, Tensor? db, in Conv2dShape shape)
    {
        var s = Shape(shape);
        Check(nt_conv2d_backward_weight(&s, T(x), x.Pointer, T(dy), dy.Pointer, dw.Pointer, P(db)));
    }

    public string Conv2dImplementation(in Conv2dShape shape, int pass, DType type = DType.F32)
    {
        var s = Shape(shape);
        byte* name;
        Check(nt_conv2d_implementation(&s, pass, (int)type, &name));
        return Marshal.PtrToStringUTF8((nint)name) ?? "";
    }

    public Arithmetic Conv2dArithmetic(in Conv2dShape shape, int pass, DType type = DType.F32)
    {
        var s = Shape(shape);
        long flops;
        int factors;
        Check(nt_conv2d_arithmetic(&s, pass, (int)type, &flops, &factors));
        return new Arithmetic(flops, (DType)factors);
    }

    public string LibraryName => "oneDNN";

    public ILibraryConvolution? OpenLibrary(in Conv2dShape shape, int pass, DType type, bool anyLayout) =>
        OneDnnConvolution.Open(Shape(shape), pass, type, anyLayout);

    public void ConvTranspose2dForward(Tensor x, Tensor w, Tensor? bias, Tensor y, in Conv2dShape shape)
    {
        var s = Shape(shape);
        Check(nt_conv_transpose2d_forward(&s, T(x), x.Pointer, w.Pointer, P(bias), T(y), y.Pointer));
    }

    public void ConvTranspose2dBackwardData(Tensor dy, Tensor w, Tensor dx, in Conv2dShape shape)
    {
        var s = Shape(shape);
        Check(nt_conv_transpose2d_backward_data(&s, T(dy), dy.Pointer, w.Pointer, T(dx), dx.Pointer));
    }

    public void ConvTranspose2dBackwardWeight(Tensor x, Tensor dy, Tensor dw, Tensor? db, in Conv2dShape shape)
    {
        var s = Shape(shape);
        Check(nt_conv_transpose2d_backward_weight(&s, T(x), x.Pointer, T(dy), dy.Pointer, dw.Pointer, P(db)));
    }

    private static Conv2d Shape(in Conv2dShape s) => new()
    {
        n = s.N, h = s.H, w = s.W, ic = s.IC, oc = s.OC, kh = s.KH, kw = s.KW, stride = s.Stride, pad = s.Pad, groups = s.Groups,
    };
}
