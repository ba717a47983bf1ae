namespace NativeTrain.Core;

/// <summary>
/// The table of ops that a device offers. The static classes in Core/Ops check shapes and call one method here;
/// a method calls one native function. All tensors are dense NHWC unless a line says "slices", in which
/// case tensors that are channel ranges of wider ones are welcome. Feature maps and their gradients are F32, F16 or
/// BF16, all maps of a call of one type (where more is possible a line says so); all other tensors are F32, and so is
/// the arithmetic, whose results are rounded to the maps' type. Where a method takes
/// <c>accumulate</c>, true adds to the destination and false overwrites it.
/// </summary>
public interface IBackend : IDisposable
{
    /// <summary>"cpu", "cuda", …</summary>
    string Name { get; }

    /// <summary>What computes, for the user: "cpu with 2 threads".</summary>
    string Description => Name;
    IAllocator Allocator { get; }

    /// <summary>Whether the device multiplies numbers of this type, so that a network in it is no slower than one in F32; others are converted.</summary>
    bool Computes(DType type);

    /// <summary>The 16-bit type that suits the device best, for amp=true; F32 where none is faster.</summary>
    DType MixedPrecision { get; }

    /// <summary>Memory that more tensors could take.</summary>
    MemoryLeft MemoryLeft { get; }

    /// <summary>Returns when the device has done all that it was asked to. A device that is asked without waiting reports a kernel's failure here at the latest.</summary>
    void Synchronize();

    // --- work that repeats
    /// <summary>Whether <see cref="Record"/> is offered.</summary>
    bool CanRecord => false;
    /// <summary>
    /// Lets <paramref name="work"/> ask for what it does and, instead of doing it, keeps it to be done by
    /// <see cref="IReplay.Run"/>. The work must ask for the same each time, copy nothing to or from the host, and free
    /// all tensors that it makes; their memory is used by every run.
    /// </summary>
    /// <exception cref="NotRecordableException">The work is not such, or the device does not record; nothing was done.</exception>
    IReplay Record(Action work) => throw new NotRecordableException($"{Name} does not record");

    // --- memory
    void Zero(Tensor t);
    void Fill(Tensor t, float value);
    /// <summary>
    /// Copies to the device. Where the source is of <see cref="AllocateHost"/> the call may return before the copy is
    /// made: the source must stay as it is until <see cref="Synchronize"/> or a <see cref="Download"/> returns.
    /// </summary>
    void Upload(ReadOnlySpan<byte> source, Tensor destination);
    /// <summary>Copies to the host; waits for all that the device was asked to do before.</summary>
    void Download(Tensor source, Span<byte> destination);
    /// <summary>Memory of the host that the device copies from at its best.</summary>
    /// <exception cref="OutOfMemoryException">There are not so many bytes.</exception>
    HostBlock AllocateHost(int bytes);
    /// <summary>
    /// Tells that these bytes, of <see cref="AllocateHost"/>, are to be uploaded, as they are now, some time later: a
    /// device may copy them while it computes, and have them when <see cref="Upload"/> asks for them. Of no other effect.
    /// </summary>
    void Prefetch(ReadOnlySpan<byte> source);

    // --- convolution: x [N,H,W,I], w [O,KH,KW,I/groups], y [N,OH,OW,O]. Of x and y one may be F32 where the other is
    // not: a head's logits. The product's operands, the weights too, are then rounded to the 16-bit type.
    void Conv2dForward(Tensor x, Tensor w, Tensor? bias, Tensor y, in Conv2dShape shape);
    void Conv2dBackwardData(Tensor dy, Tensor w, Tensor dx, in Conv2dShape shape);
    /// <summary>dw += (always accumulates), db += where given.</summary>
    void Conv2dBackwardWeight(Tensor x, Tensor dy, Tensor dw, Tensor? db, in Conv2dShape shape);
    /// <summary>The implementation chosen for a pass: 0 forward, 1 backward data, 2 backward weight.</summary>
    string Conv2dImplementation(in Conv2dShape shape, int pass, DType type = DType.F32);
    /// <summary>What that implementation computes.</summary>
    Arithmetic Conv2dArithmetic(in Conv2dShape shape, int pass, DType type = DType.F32);

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
    /// <summary>dx overwritten, dgamma and dbeta accumulated. dy2, if given, is added to dy's channels from dy2Begin. dx and dy may be the same tensor.</summary>
    void BatchNormActBackward(Tensor x, Tensor mean, Tensor invStd, Tensor gamma, Tensor beta, bool silu, Tensor? dy, Tensor? dy2, int dy2Begin, Tensor dx, Tensor dgamma, Tensor dbeta);

    // --- what processes that train together compute of their parts of a batch
    /// <summary>As <see cref="BatchNormStatistics"/>, over the maps of all ranks. parts [ranks, 2C+1]: a rank's means, unbiased variances, number of pixels.</summary>
    void BatchNormCombine(Tensor parts, int ranks, float eps, float momentum, Tensor mean, Tensor invStd, Tensor runningMean, Tensor runningVar);
    /// <summary>The first half of <see cref="BatchNormActBackward"/>: dgamma and dbeta accumulated; sums [2, C] receives Σg and Σg·(x−mean). dx receives what the second half needs; it may be dy, here and there.</summary>
    void BatchNormActBackwardSums(Tensor x, Tensor mean, Tensor invStd, Tensor gamma, Tensor beta, bool silu, Tensor? dy, Tensor? dy2, int dy2Begin, Tensor dx, Tensor dgamma, Tensor dbeta, Tensor sums);
    /// <summary>The second half: dx, from the sums over all ranks and the number of their pixels.</summary>
    void BatchNormActBackwardData(Tensor x, Tensor mean, Tensor invStd, Tensor gamma, Tensor beta, bool silu, Tensor? dy, Tensor? dy2, int dy2Begin, Tensor sums, long rows, Tensor dx);
    /// <summary>What losses are divided by, of <see cref="DetectionLossArgs.Saved"/>: sums [2] receives Σ target scores and the number of cells that learn an object.</summary>
    void LossNormalizers(Tensor assigned, Tensor sums);
    /// <summary>parts [ranks, 2]: such sums of every rank; shares [2] receives max(own, 1) / max(Σ, 1) of a rank's.</summary>
    void NormalizerShares(Tensor parts, int ranks, int rank, Tensor shares);

    // --- elementwise and data movement (slices)
    void SiluForward(Tensor x, Tensor y);
    void SiluBackward(Tensor x, Tensor dy, Tensor dx, bool accumulate);
    /// <summary>
    /// x = 0.999·x + 0.001, so many rounds in registers; dense F32. Of a 16-bit type x += 2⁻¹²·1 with both factors of that type, by the
    /// units that multiply matrices of it; rounds by 16. No network needs it: it measures what the device's arithmetic can do.
    /// </summary>
    void MultiplyAdd(Tensor x, int rounds, DType type = DType.F32);
    void Add(Tensor a, Tensor b, Tensor y);
    /// <summary>y = x or y += x; converts where the types differ.</summary>
    void Copy(Tensor x, Tensor y, bool accumulate);
    /// <summary>y = x for many pairs, of one shape and type each, dense.</summary>
    void CopyAll(IReadOnlyList<Tensor> x, IReadOnlyList<Tensor> y)
    {
        ArgumentNullException.ThrowIfNull(x);
        ArgumentNullException.ThrowIfNull(y);
        for (int i = 0; i < x.Count; i++) Copy(x[i], y[i], accumulate: false);
    }
    void Upsample2xForward(Tensor x, Tensor y);
    void Upsample2xBackward(Tensor dy, Tensor dx, bool accumulate);
    /// <summary>argmax [N,OH,OW,C] U8: row·k + column of the first maximum in its window.</summary>
    void MaxPoolForward(Tensor x, Tensor y, Tensor? argmax, int kernel, int stride, int padding);
    void MaxPoolBackward(Tensor dy, Tensor argmax, Tensor dx, int kernel, int stride, int padding, bool accumulate);
    /// <summary>U8 times scale, to y's type.</summary>
    void U8ToF32(Tensor x, Tensor y, float scale);

    // --- over rows
    void SoftmaxForward(Tensor x, Tensor y);
    void SoftmaxBackward(Tensor y, Tensor dy, Tensor dx, bool accumulate);
    /// <summary>c = alpha·op(a)·op(b) + beta·c for 2-D row-major matrices (slices).</summary>
    void MatMul(Tensor a, bool transposeA, Tensor b, bool transposeB, Tensor c, float alpha, float beta);

    // --- attention: qkv [N,H,W,heads·(2·keyDim+headDim)] laid out per head as q, k, v; y [N,H,W,heads·headDim]; p [N,heads,T,T] F32, T = H·W
    void AttentionForward(Tensor qkv, Tensor y, Tensor p, int heads, int keyDim, int headDim);
    void AttentionBackward(Tensor qkv, Tensor p, Tensor dy, Tensor dqkv, int heads, int keyDim, int headDim, bool accumulate);

    // --- detection
    /// <inheritdoc cref="DetectionLossArgs"/>
    void DetectionLossForward(DetectionLossArgs args);
    /// <summary>The gradient of the logits, times dloss [1], goes to boxGrad and clsGrad, shaped like args.Box and args.Cls.</summary>
    void DetectionLossBackward(DetectionLossArgs args, Tensor dloss, IReadOnlyList<Tensor> boxGrad, IReadOnlyList<Tensor> clsGrad, bool accumulate);
    /// <summary>box[l] [N,h,w,4·regMax], cls[l] [N,h,w,nc] → y [N, Σ h·w, 4+nc]: x, y, w, h in pixels, then class scores.</summary>
    void DetectionDecode(IReadOnlyList<Tensor> box, IReadOnlyList<Tensor> cls, IReadOnlyList<int> strides, int regMax, Tensor y);

    // --- segmentation
    /// <inheritdoc cref="MaskLossArgs"/>
    void MaskLossForward(MaskLossArgs args);
    /// <summary>Adds the gradient, times dloss [1], to tensors shaped like args.Coefficients and args.Prototypes.</summary>
    void MaskLossBackward(MaskLossArgs args, Tensor dloss, IReadOnlyList<Tensor> coefficientGrad, Tensor prototypeGrad);

    // --- classification (slices, but for y and dy of the pool)
    /// <summary>x [N,H,W,C] → y [N,C] F32, the mean over a map's pixels.</summary>
    void GlobalAvgPoolForward(Tensor x, Tensor y);
    void GlobalAvgPoolBackward(Tensor dy, Tensor dx, bool accumulate);
    /// <summary>y = x·m, m 0 with this probability and 1/(1−probability) otherwise; m's element i is a function of (key, i). Its gradient is dx = dy·m.</summary>
    void Dropout(Tensor x, Tensor y, float probability, ulong key, bool accumulate);
    /// <summary>loss [1] = mean over rows of −log softmax(x)[classes]; classes [N] I32.</summary>
    void CrossEntropyForward(Tensor x, Tensor classes, Tensor loss);
    void CrossEntropyBackward(Tensor x, Tensor classes, Tensor dloss, Tensor dx, bool accumulate);

    // --- optimizers: one call for all parameters of a group
    /// <summary>√Σ g² over all gradients, in a fixed order; infinite or NaN where any of them is.</summary>
    double GradNorm(IReadOnlyList<Tensor> grads);
    void OptimizerStep(OptimizerStep step);
    /// <summary>average = decay·average + (1−decay)·value.</summary>
    void EmaUpdate(IReadOnlyList<Tensor> averages, IReadOnlyList<Tensor> values, float decay);
    /// <summary>All gradients to zero.</summary>
    void ZeroGrads(IReadOnlyList<Tensor> grads);
}
