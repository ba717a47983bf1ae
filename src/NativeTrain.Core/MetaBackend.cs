namespace NativeTrain.Core;

/// <summary>
/// A backend that computes nothing: it walks a model's shapes and counts. A forward pass on it tells the
/// floating-point operations and, by its allocator, the memory that the same pass would need, without any data.
/// Tensors made on it have no contents.
/// </summary>
/// <param name="implementation">
/// Answers <see cref="IBackend.Conv2dImplementation"/>, so that another backend can be asked about a model's shapes;
/// null: "meta".
/// </param>
public sealed class MetaBackend(Func<Conv2dShape, int, string>? implementation = null) : IBackend
{
    private readonly ArenaAllocator allocator = new(new NoPages());

    public string Name => "meta";
    public IAllocator Allocator => allocator;
    public bool Computes(DType type) => type == DType.F32;
    public DType MixedPrecision => DType.F32;
    /// <summary>Without end.</summary>
    public MemoryLeft MemoryLeft => new(long.MaxValue, OfHost: false);
    public void Synchronize() { }

    /// <summary>
    /// Floating-point operations of the convolutions and matrix products so far (a multiply-add counts two);
    /// the rest of a network is small beside them.
    /// </summary>
    public long Flops { get; private set; }

    public void Zero(Tensor t) { }
    public void Fill(Tensor t, float value) { }
    public void Upload(ReadOnlySpan<byte> source, Tensor destination) { }
    /// <summary>Gives zeros: tensors have no contents.</summary>
    public void Download(Tensor source, Span<byte> destination) => destination.Clear();
    public HostBlock AllocateHost(int bytes) => HostBlock.OfPages(bytes);
    public void Prefetch(ReadOnlySpan<byte> source) { }

    public void Conv2dForward(Tensor x, Tensor w, Tensor? bias, Tensor y, in Conv2dShape shape) => Flops += shape.Flops;
    public void Conv2dBackwardData(Tensor dy, Tensor w, Tensor dx, in Conv2dShape shape) => Flops += shape.Flops;
    public void Conv2dBackwardWeight(Tensor x, Tensor dy, Tensor dw, Tensor? db, in Conv2dShape shape) => Flops += shape.Flops;
    public string Conv2dImplementation(in Conv2dShape shape, int pass, DType type = DType.F32) => implementation?.Invoke(shape, pass) ?? "meta";
    public Arithmetic Conv2dArithmetic(in Conv2dShape shape, int pass, DType type = DType.F32) => new(shape.Flops, type);

    public void ConvTranspose2dForward(Tensor x, Tensor w, Tensor? bias, Tensor y, in Conv2dShape shape) => Flops += TransposedFlops(shape);
    public void ConvTranspose2dBackwardData(Tensor dy, Tensor w, Tensor dx, in Conv2dShape shape) => Flops += TransposedFlops(shape);
    public void ConvTranspose2dBackwardWeight(Tensor x, Tensor dy, Tensor dw, Tensor? db, in Conv2dShape shape) => Flops += TransposedFlops(shape);

    public void BatchNormStatistics(Tensor x, float eps, float momentum, Tensor mean, Tensor invStd, Tensor runningMean, Tensor runningVar) { }
    public void BatchNormInvStd(Tensor variance, float eps, Tensor invStd) { }
    public void BatchNormActForward(Tensor x, Tensor mean, Tensor invStd, Tensor gamma, Tensor beta, bool silu, Tensor? residual, Tensor y, Tensor? y2, int y2Begin) { }
    public void BatchNormActBackward(Tensor x, Tensor mean, Tensor invStd, Tensor gamma, Tensor beta, bool silu, Tensor? dy, Tensor? dy2, int dy2Begin, Tensor dx, Tensor dgamma, Tensor dbeta) { }

    public void BatchNormCombine(Tensor parts, int ranks, float eps, float momentum, Tensor mean, Tensor invStd, Tensor runningMean, Tensor runningVar) { }
    public void BatchNormActBackwardSums(Tensor x, Tensor mean, Tensor invStd, Tensor gamma, Tensor beta, bool silu, Tensor? dy, Tensor? dy2, int dy2Begin, Tensor dx, Tensor dgamma, Tensor dbeta, Tensor sums) { }
    public void BatchNormActBackwardData(Tensor x, Tensor mean, Tensor invStd, Tensor gamma, Tensor beta, bool silu, Tensor? dy, Tensor? dy2, int dy2Begin, Tensor sums, long rows, Tensor dx) { }
    public void LossNormalizers(Tensor assigned, Tensor sums) { }
    public void NormalizerShares(Tensor parts, int ranks, int rank, Tensor shares) { }

    public void SiluForward(Tensor x, Tensor y) { }
    public void SiluBackward(Tensor x, Tensor dy, Tensor dx, bool accumulate) { }
    public void MultiplyAdd(Tensor x, int rounds, DType type = DType.F32) { }
    public void Add(Tensor a, Tensor b, Tensor y) { }
    public void Copy(Tensor x, Tensor y, bool accumulate) { }
    public void CopyAll(IReadOnlyList<Tensor> x, IReadOnlyList<Tensor> y) { }
    public void Upsample2xForward(Tensor x, Tensor y) { }
    public void Upsample2xBackward(Tensor dy, Tensor dx, bool accumulate) { }
    public void MaxPoolForward(Tensor x, Tensor y, Tensor? argmax, int kernel, int stride, int padding) { }
    public void MaxPoolBackward(Tensor dy, Tensor argmax, Tensor dx, int kernel, int stride, int padding, bool accumulate) { }
    public void U8ToF32(Tensor x, Tensor y, float scale) { }
    public void SoftmaxForward(Tensor x, Tensor y) { }
    public void SoftmaxBackward(Tensor y, Tensor dy, Tensor dx, bool accumulate) { }

    public void MatMul(Tensor a, bool transposeA, Tensor b, bool transposeB, Tensor c, float alpha, float beta)
    {
        ArgumentNullException.ThrowIfNull(a);
        ArgumentNullException.ThrowIfNull(c);
        Flops += 2 * c.Count * (transposeA ? a.Rows : a.C);
    }

    public void AttentionForward(Tensor qkv, Tensor y, Tensor p, int heads, int keyDim, int headDim)
    {
        ArgumentNullException.ThrowIfNull(p);
        Flops += 2 * p.Count * (keyDim + headDim); // q·kᵀ and p·v
    }

    public void AttentionBackward(Tensor qkv, Tensor p, Tensor dy, Tensor dqkv, int heads, int keyDim, int headDim, bool accumulate)
    {
        ArgumentNullException.ThrowIfNull(p);
        Flops += 4 * p.Count * (keyDim + headDim);
    }

    public void DetectionLossForward(DetectionLossArgs args) { }
    public void DetectionLossBackward(DetectionLossArgs args, Tensor dloss, IReadOnlyList<Tensor> boxGrad, IReadOnlyList<Tensor> clsGrad, bool accumulate) { }
    public void DetectionDecode(IReadOnlyList<Tensor> box, IReadOnlyList<Tensor> cls, IReadOnlyList<int> strides, int regMax, Tensor y) { }
    public void MaskLossForward(MaskLossArgs args) { }
    public void MaskLossBackward(MaskLossArgs args, Tensor dloss, IReadOnlyList<Tensor> coefficientGrad, Tensor prototypeGrad) { }
    public void GlobalAvgPoolForward(Tensor x, Tensor y) { }
    public void GlobalAvgPoolBackward(Tensor dy, Tensor dx, bool accumulate) { }
    public void Dropout(Tensor x, Tensor y, float probability, ulong key, bool accumulate) { }
    public void CrossEntropyForward(Tensor x, Tensor classes, Tensor loss) { }
    public void CrossEntropyBackward(Tensor x, Tensor classes, Tensor dloss, Tensor dx, bool accumulate) { }
    public double GradNorm(IReadOnlyList<Tensor> grads) => 0;
    public void OptimizerStep(OptimizerStep step) { }
    public void EmaUpdate(IReadOnlyList<Tensor> averages, IReadOnlyList<Tensor> values, float decay) { }
    public void ZeroGrads(IReadOnlyList<Tensor> grads) { }
    public void Dispose() { }

    private static long TransposedFlops(in Conv2dShape s) => 2L * s.N * s.H * s.W * s.IC * s.OC * s.KH * s.KW;
}
