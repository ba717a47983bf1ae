using System.Runtime.InteropServices;
using NativeTrain.Core;
using static NativeTrain.Cpu.Native;

namespace NativeTrain.Cpu;

/// <summary>The op table on the CPU: each method is one call into native/cpu.</summary>
public sealed unsafe partial class CpuBackend : IBackend, ILibraryConvolutions
{
    private readonly CpuPages pages = new();
    private readonly ArenaAllocator allocator;

    /// <summary>Whether the process's number of compute threads has been chosen.</summary>
    private static int chosen;

    /// <param name="threads">
    /// Compute threads, of the whole process; 0 leaves them as they are. At first that is OMP_NUM_THREADS or, without
    /// it, one per core that this process may use: .NET minds a container's quota of processor time, OpenMP does not.
    /// </param>
    public CpuBackend(int threads = 0)
    {
        allocator = new ArenaAllocator(pages);
        bool first = Interlocked.Exchange(ref chosen, 1) == 0;
        if (threads == 0 && first && string.IsNullOrEmpty(Environment.GetEnvironmentVariable("OMP_NUM_THREADS")))
            threads = Environment.ProcessorCount;
        if (threads > 0) Check(nt_set_threads(threads));
    }

    public string Name => "cpu";
    public string Description => $"cpu with {Threads} {(Threads == 1 ? "thread" : "threads")}";
    public IAllocator Allocator => allocator;

    /// <summary>Compute threads in use.</summary>
    public int Threads => nt_get_threads();

    /// <summary>Gives the memory back; that of tensors which are still alive stays theirs.</summary>
    public void Dispose()
    {
        allocator.Trim();
        if (allocator.LiveBytes == 0) pages.Dispose();
    }

    /// <summary>F32, and BF16 where the processor has AVX512_BF16 or AMX.</summary>
    public bool Computes(DType type)
    {
        if (type is not (DType.F32 or DType.F16 or DType.BF16)) return false;
        int computes;
        Check(nt_conv2d_computes((int)type, &computes));
        return computes != 0;
    }

    /// <summary>BF16 where the processor multiplies it.</summary>
    public DType MixedPrecision => Computes(DType.BF16) ? DType.BF16 : DType.F32;

    /// <summary>What the machine and the container have left, under NATIVETRAIN_MEMORY_LIMIT.</summary>
    public MemoryLeft MemoryLeft => new(Math.Min(new HostMemory().Available, HostMemory.Limit ?? long.MaxValue), OfHost: true);

    public void Synchronize() { }

    public void Zero(Tensor t)
    {
        OneBlock.Require(t);
        Check(nt_zero(t.Pointer, t.Bytes));
    }

    public void Fill(Tensor t, float value)
    {
        OneBlock.RequireF32(t);
        Check(nt_fill(t.Pointer, t.Count, value));
    }

    public void Upload(ReadOnlySpan<byte> source, Tensor destination)
    {
        OneBlock.Require(destination, source.Length);
        source.CopyTo(new Span<byte>((void*)destination.Pointer, source.Length));
    }

    public void Download(Tensor source, Span<byte> destination)
    {
        OneBlock.Require(source, destination.Length);
        new ReadOnlySpan<byte>((void*)source.Pointer, destination.Length).CopyTo(destination);
    }

    public HostBlock AllocateHost(int bytes) => HostBlock.OfPages(bytes);

    /// <summary>Nothing to do: the pixels are where the kernels read.</summary>
    public void Prefetch(ReadOnlySpan<byte> source) { }

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

    public void BatchNormStatistics(Tensor x, float eps, float momentum, Tensor mean, Tensor invStd, Tensor runningMean, Tensor runningVar) =>
        Check(nt_batch_norm_statistics(T(x), x.Pointer, x.Rows, x.C, eps, momentum, mean.Pointer, invStd.Pointer, runningMean.Pointer, runningVar.Pointer));

    public void BatchNormInvStd(Tensor variance, float eps, Tensor invStd) =>
        Check(nt_batch_norm_invstd(variance.Pointer, variance.C, eps, invStd.Pointer));

    public void BatchNormActForward(Tensor x, Tensor mean, Tensor invStd, Tensor gamma, Tensor beta, bool silu, Tensor? residual, Tensor y, Tensor? y2, int y2Begin) =>
        Check(nt_batch_norm_act_forward(T(x), x.Pointer, x.Rows, x.C, mean.Pointer, invStd.Pointer, gamma.Pointer, beta.Pointer, silu ? 1 : 0,
            P(residual), residual?.Ld ?? 0, y.Pointer, y.Ld, P(y2), y2Begin, y2?.C ?? 0));

    public void BatchNormActBackward(Tensor x, Tensor mean, Tensor invStd, Tensor gamma, Tensor beta, bool silu, Tensor? dy, Tensor? dy2, int dy2Begin, Tensor dx, Tensor dgamma, Tensor dbeta) =>
        Check(nt_batch_norm_act_backward(T(x), x.Pointer, x.Rows, x.C, mean.Pointer, invStd.Pointer, gamma.Pointer, beta.Pointer, silu ? 1 : 0,
            P(dy), dy?.Ld ?? 0, P(dy2), dy2Begin, dy2?.C ?? 0, dx.Pointer, dgamma.Pointer, dbeta.Pointer));

    public void SiluForward(Tensor x, Tensor y) => Check(nt_silu_forward(T(x), x.Pointer, x.Ld, y.Pointer, y.Ld, x.Rows, x.C));

    public void SiluBackward(Tensor x, Tensor dy, Tensor dx, bool accumulate) =>
        Check(nt_silu_backward(T(x), x.Pointer, x.Ld, dy.Pointer, dy.Ld, dx.Pointer, dx.Ld, x.Rows, x.C, accumulate ? 1 : 0));

    public void MultiplyAdd(Tensor x, int rounds, DType type = DType.F32) => Check(nt_multiply_add((int)type, x.Pointer, x.Count, rounds));

    public void Add(Tensor a, Tensor b, Tensor y) => Check(nt_add(T(y), a.Pointer, a.Ld, b.Pointer, b.Ld, y.Pointer, y.Ld, y.Rows, y.C));

    public void Copy(Tensor x, Tensor y, bool accumulate) => Check(nt_copy(T(x), x.Pointer, x.Ld, T(y), y.Pointer, y.Ld, x.Rows, x.C, accumulate ? 1 : 0));

    public void CopyAll(IReadOnlyList<Tensor> x, IReadOnlyList<Tensor> y)
    {
        OneBlock.RequireCopies(x, y);
        long[] bytes = [.. x.Select(t => t.Bytes)];
        fixed (nint* from = Pointers(x))
        fixed (nint* to = Pointers(y))
        fixed (long* n = bytes)
            Check(nt_copy_all(bytes.Length, from, to, n));
    }

    public void Upsample2xForward(Tensor x, Tensor y) =>
        Check(nt_upsample2x_forward(T(x), x.Pointer, x.Ld, y.Pointer, y.Ld, x.Shape[0], x.Shape[1], x.Shape[2], x.C));

    public void Upsample2xBackward(Tensor dy, Tensor dx, bool accumulate) =>
        Check(nt_upsample2x_backward(T(dy), dy.Pointer, dy.Ld, dx.Pointer, dx.Ld, dx.Shape[0], dx.Shape[1], dx.Shape[2], dx.C, accumulate ? 1 : 0));

    public void MaxPoolForward(Tensor x, Tensor y, Tensor? argmax, int kernel, int stride, int padding) =>
        Check(nt_max_pool_forward(T(x), x.Pointer, x.Ld, y.Pointer, y.Ld, P(argmax), x.Shape[0], x.Shape[1], x.Shape[2], x.C, kernel, stride, padding));

    public void MaxPoolBackward(Tensor dy, Tensor argmax, Tensor dx, int kernel, int stride, int padding, bool accumulate) =>
        Check(nt_max_pool_backward(T(dy), dy.Pointer, dy.Ld, argmax.Pointer, dx.Pointer, dx.Ld, dx.Shape[0], dx.Shape[1], dx.Shape[2], dx.C, kernel, stride, padding, accumulate ? 1 : 0));

    public void U8ToF32(Tensor x, Tensor y, float scale) => Check(nt_u8_to_f32(x.Pointer, T(y), y.Pointer, x.Count, scale));

    public void SoftmaxForward(Tensor x, Tensor y) => Check(nt_softmax_forward(T(x), x.Pointer, x.Ld, y.Pointer, y.Ld, x.Rows, x.C));

    public void SoftmaxBackward(Tensor y, Tensor dy, Tensor dx, bool accumulate) =>
        Check(nt_softmax_backward(T(y), y.Pointer, y.Ld, dy.Pointer, dy.Ld, dx.Pointer, dx.Ld, y.Rows, y.C, accumulate ? 1 : 0));

    public void MatMul(Tensor a, bool transposeA, Tensor b, bool transposeB, Tensor c, float alpha, float beta)
    {
        long k = transposeA ? a.Rows : a.C;
        Check(nt_matmul(transposeA ? 1 : 0, transposeB ? 1 : 0, c.Rows, c.C, k, alpha, a.Pointer, a.Ld, b.Pointer, b.Ld, beta, c.Pointer, c.Ld));
    }

    public void AttentionForward(Tensor qkv, Tensor y, Tensor p, int heads, int keyDim, int headDim) =>
        Check(nt_attention_forward(T(qkv), qkv.Pointer, y.Pointer, p.Pointer, qkv.Shape[0], (int)(qkv.Rows / qkv.Shape[0]), heads, keyDim, headDim));

    public void AttentionBackward(Tensor qkv, Tensor p, Tensor dy, Tensor dqkv, int heads, int keyDim, int headDim, bool accumulate) =>
        Check(nt_attention_backward(T(qkv), qkv.Pointer, p.Pointer, dy.Pointer, dqkv.Pointer, qkv.Shape[0], (int)(qkv.Rows / qkv.Shape[0]), heads, keyDim, headDim, accumulate ? 1 : 0));

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

    public void GlobalAvgPoolForward(Tensor x, Tensor y) =>
        Check(nt_global_avg_pool_forward(T(x), x.Pointer, x.Ld, y.Pointer, x.Shape[0], x.Rows / x.Shape[0], x.C));

    public void GlobalAvgPoolBackward(Tensor dy, Tensor dx, bool accumulate) =>
        Check(nt_global_avg_pool_backward(dy.Pointer, T(dx), dx.Pointer, dx.Ld, dx.Shape[0], dx.Rows / dx.Shape[0], dx.C, accumulate ? 1 : 0));

    public void Dropout(Tensor x, Tensor y, float probability, ulong key, bool accumulate) =>
        Check(nt_dropout(x.Pointer, x.Ld, y.Pointer, y.Ld, x.Rows, x.C, probability, key, accumulate ? 1 : 0));

    public void CrossEntropyForward(Tensor x, Tensor classes, Tensor loss) =>
        Check(nt_cross_entropy_forward(x.Pointer, x.Ld, classes.Pointer, x.Rows, x.C, loss.Pointer));

    public void CrossEntropyBackward(Tensor x, Tensor classes, Tensor dloss, Tensor dx, bool accumulate) =>
        Check(nt_cross_entropy_backward(x.Pointer, x.Ld, classes.Pointer, dloss.Pointer, dx.Pointer, dx.Ld, x.Rows, x.C, accumulate ? 1 : 0));

    public double GradNorm(IReadOnlyList<Tensor> grads)
    {
        double norm;
        fixed (nint* g = Pointers(grads))
        fixed (long* n = Counts(grads))
            Check(nt_grad_norm(grads.Count, g, n, &norm));
        return norm;
    }

    public void OptimizerStep(OptimizerStep step)
    {
        switch (step.Kind)
        {
            case OptimizerKind.Sgd: Step(step, SgdRule.Of(step)); break;
            case OptimizerKind.Adam or OptimizerKind.AdamW: Step(step, AdamRule.Of(step)); break;
            case OptimizerKind.NAdam: Step(step, NAdamRule.Of(step)); break;
            case OptimizerKind.RAdam: Step(step, RAdamRule.Of(step)); break;
            case OptimizerKind.RmsProp: Step(step, RmsPropRule.Of(step)); break;
            default: throw new ArgumentOutOfRangeException(nameof(step), step.Kind, "no optimizer");
        }
    }

    private static void Step<TRule>(OptimizerStep step, TRule rule) where TRule : unmanaged
    {
        fixed (nint* v = Pointers(step.Values))
        fixed (nint* g = Pointers(step.Grads))
        fixed (nint* s1 = Pointers(step.State1))
        fixed (nint* s2 = Pointers(step.State2))
        fixed (long* n = Counts(step.Values))
            Check(nt_optimizer_step((int)step.Kind, &rule, step.GradScale, step.Values.Count, v, g, s1, s2, n));
    }

    public void EmaUpdate(IReadOnlyList<Tensor> averages, IReadOnlyList<Tensor> values, float decay)
    {
        fixed (nint* a = Pointers(averages))
        fixed (nint* v = Pointers(values))
        fixed (long* n = Counts(values))
            Check(nt_ema_update(values.Count, a, v, n, decay));
    }

    public void ZeroGrads(IReadOnlyList<Tensor> grads)
    {
        foreach (var g in grads) OneBlock.RequireF32(g);
        fixed (nint* g = Pointers(grads))
        fixed (long* n = Counts(grads))
            Check(nt_zero_all(grads.Count, g, n));
    }

    private static nint P(Tensor? t) => t?.Pointer ?? 0;

    /// <summary>A map's type as the native library numbers it: F32, F16 and BF16 as in <see cref="DType"/>.</summary>
    private static int T(Tensor t) => (int)t.Type;

    private static Conv2d Shape(in Conv2dShape s) => new()
    {
        n = s.N, h = s.H, w = s.W, ic = s.IC, oc = s.OC, kh = s.KH, kw = s.KW, stride = s.Stride, pad = s.Pad, groups = s.Groups,
    };

    private static nint[] Pointers(IReadOnlyList<Tensor> tensors)
    {
        var p = new nint[tensors.Count];
        for (int i = 0; i < p.Length; i++) p[i] = tensors[i].Pointer;
        return p;
    }

    private static long[] Counts(IReadOnlyList<Tensor> tensors)
    {
        var n = new long[tensors.Count];
        for (int i = 0; i < n.Length; i++) n[i] = tensors[i].Count;
        return n;
    }

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
