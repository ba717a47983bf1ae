namespace NativeTrain.Core;

/// <summary>
/// The table of ops that a device offers. The static classes in Core/Ops check shapes and call one method here;
/// a method calls one native function. All tensors are dense F32 NHWC unless a line says "slices", in which
/// case tensors that are channel ranges of wider ones are welcome. Where a method takes
/// <c>accumulate</c>, true adds to the destination and false overwrites it.
/// </summary>
public interface IBackend : IDisposable
{
    /// <summary>"cpu", "cuda", …</summary>
    string Name { get; }
    IAllocator Allocator { get; }

    // --- memory
    void Zero(Tensor t);
    void Fill(Tensor t, float value);
    void Upload(ReadOnlySpan<byte> source, Tensor destination);
    void Download(Tensor source, Span<byte> destination);

    // --- convolution: x [N,H,W,I], w [O,KH,KW,I/groups], y [N,OH,OW,O]
    void Conv2dForward(Tensor x, Tensor w, Tensor? bias, Tensor y, in Conv2dShape shape);
    void Conv2dBackwardData(Tensor dy, Tensor w, Tensor dx, in Conv2dShape shape);
    /// <summary>dw += (always accumulates), db += where given.</summary>
    void Conv2dBackwardWeight(Tensor x, Tensor dy, Tensor dw, Tensor? db, in Conv2dShape shape);
    /// <summary>The implementation chosen for a pass: 0 forward, 1 backward data, 2 backward weight.</summary>
    string Conv2dImplementation(in Conv2dShape shape, int pass);

    // --- transposed convolution: x [N,H,W,I], w [I,KH,KW,O], y [N,(H-1)·s+KH,…,O], no padding
    void ConvTranspose2dForward(Tensor x, Tensor w, Tensor? bias, Tensor y, in Conv2dShape shape);
    void ConvTranspose2dBackwardData(Tensor dy, Tensor w, Tensor dx, in Conv2dShape shape);
    void ConvTranspose2dBackwardWeight(Tensor x, Tensor dy, Tensor dw, Tensor? db, in Conv2dShape shape);

    // --- batch norm (+ SiLU), slices for y, dy, residual
    /// <summary>Batch mean and 1/√(var+eps) per channel; updates the running statistics (var unbiased).</summary>
    void BatchNormStatistics(Tensor x, float eps, float momentum, Tensor mean, Tensor invStd, Tensor runningMean, Tensor runningVar);
    /// <summary>invStd = 1/√(var+eps).</summary>
    void BatchNormInvStd(Tensor variance, float eps, Tensor invStd);
    /// <summary>y = act(gamma·(x−mean)·invStd + beta) [+ residual]; y2, if given, is a dense copy of y's channels from y2Begin. x and y may be the same tensor.</summary>
    void BatchNormActForward(Tensor x, Tensor mean, Tensor invStd, Tensor gamma, Tensor beta, bool silu, Tensor? residual, Tensor y, Tensor? y2, int y2Begin);
    /// <summary>dx overwritten, dgamma and dbeta accumulated. dy2, if given, is added to dy's channels from dy2Begin.</summary>
    void BatchNormActBackward(Tensor x, Tensor mean, Tensor invStd, Tensor gamma, Tensor beta, bool silu, Tensor? dy, Tensor? dy2, int dy2Begin, Tensor dx, Tensor dgamma, Tensor dbeta);

    // --- elementwise and data movement (slices)
    void SiluForward(Tensor x, Tensor y);
    void SiluBackward(Tensor x, Tensor dy, Tensor dx, bool accumulate);
    void Add(Tensor a, Tensor b, Tensor y);
    void Copy(Tensor x, Tensor y, bool accumulate);
    void Upsample2xForward(Tensor x, Tensor y);
    void Upsample2xBackward(Tensor dy, Tensor dx, bool accumulate);
    /// <summary>argmax [N,OH,OW,C] U8: row·k + column of the first maximum in its window.</summary>
    void MaxPoolForward(Tensor x, Tensor y, Tensor? argmax, int kernel, int stride, int padding);
    void MaxPoolBackward(Tensor dy, Tensor argmax, Tensor dx, int kernel, int stride, int padding, bool accumulate);
    /// <summary>U8 → F32 times scale.</summary>
    void U8ToF32(Tensor x, Tensor y, float scale);

    // --- over rows
    void SoftmaxForward(Tensor x, Tensor y);
    void SoftmaxBackward(Tensor y, Tensor dy, Tensor dx, bool accumulate);
    /// <summary>c = alpha·op(a)·op(b) + beta·c for 2-D row-major matrices (slices).</summary>
    void MatMul(Tensor a, bool transposeA, Tensor b, bool transposeB, Tensor c, float alpha, float beta);
    /// <summary>Sum of all elements, in a fixed order, into a scalar.</summary>
    void Sum(Tensor x, Tensor y);

    // --- attention: qkv [N,H,W,heads·(2·keyDim+headDim)] laid out per head as q, k, v; y [N,H,W,heads·headDim]; p [N,heads,T,T], T = H·W
    void AttentionForward(Tensor qkv, Tensor y, Tensor p, int heads, int keyDim, int headDim);
    void AttentionBackward(Tensor qkv, Tensor p, Tensor dy, Tensor dqkv, int heads, int keyDim, int headDim, bool accumulate);

    // --- detection
    /// <inheritdoc cref="DetectionLossArgs"/>
    void DetectionLossForward(DetectionLossArgs args);
    void DetectionLossBackward(DetectionLossArgs args, Tensor dloss);
    /// <summary>box[l] [N,h,w,4·regMax], cls[l] [N,h,w,nc] → y [N, Σ h·w, 4+nc]: x, y, w, h in pixels, then class scores.</summary>
    void DetectionDecode(IReadOnlyList<Tensor> box, IReadOnlyList<Tensor> cls, IReadOnlyList<int> strides, int regMax, Tensor y);

    // --- optimizers: one call for all parameters of a group
    /// <summary>√Σ g² over all gradients, in a fixed order; infinite or NaN where any of them is.</summary>
    double GradNorm(IReadOnlyList<Tensor> grads);
    void OptimizerStep(OptimizerStep step);
    /// <summary>average = decay·average + (1−decay)·value.</summary>
    void EmaUpdate(IReadOnlyList<Tensor> averages, IReadOnlyList<Tensor> values, float decay);
}

/// <summary>The numbers that fix a convolution. Padding is the same on all sides; kernels may be rectangular.</summary>
public readonly record struct Conv2dShape(int N, int H, int W, int IC, int OC, int KH, int KW, int Stride, int Pad, int Groups)
{
    public int OH => (H + 2 * Pad - KH) / Stride + 1;
    public int OW => (W + 2 * Pad - KW) / Stride + 1;
    /// <summary>Floating-point operations of one pass (a multiply-add counts two).</summary>
    public long Flops => 2L * N * OH * OW * OC * (IC / Groups) * KH * KW;
}

/// <summary>
/// What the detection loss reads and writes. Box[l] [N,h,w,4·RegMax] and Cls[l] [N,h,w,nc] are the head's logits
/// per level; Targets [T,6] F32 host-ordered rows (image index, class, cx, cy, w, h normalised to 0…1);
/// Items [3] receives box, cls and dfl terms with their gains; Loss [1] receives (box+cls+dfl)·N.
/// Backward fills (accumulates into) BoxGrad and ClsGrad from what Forward left in Saved.
/// </summary>
public sealed class DetectionLossArgs
{
    public required IReadOnlyList<Tensor> Box { get; init; }
    public required IReadOnlyList<Tensor> Cls { get; init; }
    public required IReadOnlyList<int> Strides { get; init; }
    public required Tensor Targets { get; init; }
    public required Tensor Items { get; init; }
    public required Tensor Loss { get; init; }
    /// <summary>Per cell of all levels, by image: target box (x1,y1,x2,y2 in pixels), target score, target class (−1: background). [N, A, 6] F32.</summary>
    public required Tensor Saved { get; init; }
    public int RegMax { get; init; } = 16;
    public float BoxGain { get; init; } = 7.5f;
    public float ClsGain { get; init; } = 0.5f;
    public float DflGain { get; init; } = 1.5f;
    public int TopK { get; init; } = 10;
    public float Alpha { get; init; } = 0.5f;
    public float Beta { get; init; } = 6f;
    public IReadOnlyList<Tensor>? BoxGrad { get; set; }
    public IReadOnlyList<Tensor>? ClsGrad { get; set; }
}

public enum OptimizerKind { Sgd = 0, Adam = 1, AdamW = 2, NAdam = 3, RAdam = 4, RmsProp = 5 }

/// <summary>One fused optimizer step over many parameters. State1/State2 are the moments (momentum buffer; m and v; square average and momentum).</summary>
public sealed class OptimizerStep
{
    public required OptimizerKind Kind { get; init; }
    public required IReadOnlyList<Tensor> Values { get; init; }
    public required IReadOnlyList<Tensor> Grads { get; init; }
    public required IReadOnlyList<Tensor> State1 { get; init; }
    public required IReadOnlyList<Tensor> State2 { get; init; }
    public float LearningRate { get; init; }
    public float Momentum { get; init; }
    public float Beta2 { get; init; } = 0.999f;
    public float Eps { get; init; } = 1e-8f;
    public float WeightDecay { get; init; }
    public bool Nesterov { get; init; }
    /// <summary>1-based number of this step.</summary>
    public long Step { get; init; }
    /// <summary>Gradients are multiplied by this first (clipping, unscaling).</summary>
    public float GradScale { get; init; } = 1f;
    /// <summary>NAdam: Π mu over steps 1…t, and mu of this and the next step.</summary>
    public double MuProduct { get; init; } = 1;
    public double Mu { get; init; }
    public double MuNext { get; init; }
}
