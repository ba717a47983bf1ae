using NativeTrain.Core;
using static NativeTrain.Cpu.Native;

namespace NativeTrain.Cpu;

/// <content>Losses, and the boxes of a detection head.</content>
public sealed unsafe partial class CpuBackend
{
    public void DetectionLossForward(DetectionLossArgs args)
    {
        var a = Loss(args);
        Check(nt_detection_loss_forward(&a));
    }

    public void DetectionLossBackward(DetectionLossArgs args, Tensor dloss, IReadOnlyList<Tensor> boxGrad, IReadOnlyList<Tensor> clsGrad, bool accumulate)
    {
        var a = Loss(args);
        for (int l = 0; l < a.levels; l++)
        {
            a.box_grad[l] = (ulong)boxGrad[l].Pointer;
            a.cls_grad[l] = (ulong)clsGrad[l].Pointer;
        }
        Check(nt_detection_loss_backward(&a, dloss.Pointer, accumulate ? 1 : 0));
    }

    public void DetectionDecode(IReadOnlyList<Tensor> box, IReadOnlyList<Tensor> cls, IReadOnlyList<int> strides, int regMax, Tensor y)
    {
        int levels = box.Count;
        int* h = stackalloc int[levels];
        int* w = stackalloc int[levels];
        int* stride = stackalloc int[levels];
        nint* b = stackalloc nint[levels];
        nint* c = stackalloc nint[levels];
        for (int l = 0; l < levels; l++)
        {
            h[l] = box[l].Shape[1];
            w[l] = box[l].Shape[2];
            stride[l] = strides[l];
            b[l] = box[l].Pointer;
            c[l] = cls[l].Pointer;
        }
        Check(nt_detection_decode(levels, box[0].Shape[0], cls[0].C, regMax, h, w, stride, b, c, y.Pointer));
    }

    public void MaskLossForward(MaskLossArgs args)
    {
        var a = Loss(args);
        Check(nt_mask_loss_forward(&a));
    }

    public void MaskLossBackward(MaskLossArgs args, Tensor dloss, IReadOnlyList<Tensor> coefficientGrad, Tensor prototypeGrad)
    {
        var a = Loss(args);
        a.prototype_grad = prototypeGrad.Pointer;
        for (int l = 0; l < a.levels; l++) a.coefficient_grad[l] = (ulong)coefficientGrad[l].Pointer;
        Check(nt_mask_loss_backward(&a, dloss.Pointer));
    }

    public void CrossEntropyForward(Tensor x, Tensor classes, Tensor loss) =>
        Check(nt_cross_entropy_forward(x.Pointer, x.Ld, classes.Pointer, x.Rows, x.C, loss.Pointer));

    public void CrossEntropyBackward(Tensor x, Tensor classes, Tensor dloss, Tensor dx, bool accumulate) =>
        Check(nt_cross_entropy_backward(x.Pointer, x.Ld, classes.Pointer, dloss.Pointer, dx.Pointer, dx.Ld, x.Rows, x.C, accumulate ? 1 : 0));

    private static DetectionLoss Loss(DetectionLossArgs args)
    {
        var a = new DetectionLoss
        {
            levels = args.Box.Count,
            n = args.Box[0].Shape[0],
            nc = args.Cls[0].C,
            reg_max = args.Options.RegMax,
            topk = args.Options.TopK,
            targets = (int)args.Targets.Rows,
            alpha = args.Options.Alpha,
            beta = args.Options.Beta,
            box_gain = args.Options.BoxGain,
            cls_gain = args.Options.ClsGain,
            dfl_gain = args.Options.DflGain,
            target = args.Targets.Pointer,
            items = args.Items.Pointer,
            loss = args.Loss.Pointer,
            saved = args.Saved.Pointer,
        };
        for (int l = 0; l < a.levels; l++)
        {
            a.h[l] = args.Box[l].Shape[1];
            a.w[l] = args.Box[l].Shape[2];
            a.stride[l] = args.Strides[l];
            a.box[l] = (ulong)args.Box[l].Pointer;
            a.cls[l] = (ulong)args.Cls[l].Pointer;
        }
        return a;
    }

    private static MaskLoss Loss(MaskLossArgs args)
    {
        var a = new MaskLoss
        {
            levels = args.Coefficients.Count,
            n = args.Prototypes.Shape[0],
            k = args.Prototypes.C,
            ph = args.Prototypes.Shape[1],
            pw = args.Prototypes.Shape[2],
            gain = args.Gain,
            prototype = args.Prototypes.Pointer,
            assigned = args.Assigned.Pointer,
            mask = args.Masks.Pointer,
            item = args.Item.Pointer,
            loss = args.Loss.Pointer,
        };
        for (int l = 0; l < a.levels; l++)
        {
            a.h[l] = args.Coefficients[l].Shape[1];
            a.w[l] = args.Coefficients[l].Shape[2];
            a.stride[l] = args.Strides[l];
            a.coefficient[l] = (ulong)args.Coefficients[l].Pointer;
        }
        return a;
    }
}
