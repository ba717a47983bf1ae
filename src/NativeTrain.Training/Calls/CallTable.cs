using NativeTrain.Core;

namespace NativeTrain.Training;

/// <summary>
/// The op table as calls: every kernel call that a backend of this kind gets becomes a <see cref="KernelCall"/> (its op, pass, operands,
/// FLOPs and bytes) and ends up in <see cref="Make"/>. <see cref="CallRecorder"/> writes calls down, <see cref="TracedBackend"/>
/// times them; a new op is described here once for both.
/// </summary>
public abstract partial class CallTable : IBackend
{
    private readonly MetaBackend meta = new();

    public abstract string Name { get; }
    public abstract IAllocator Allocator { get; }
    public abstract bool Computes(DType type);
    public abstract DType MixedPrecision { get; }
    public abstract MemoryLeft MemoryLeft { get; }
    public abstract HostBlock AllocateHost(int bytes);
    public abstract void Prefetch(ReadOnlySpan<byte> source);
    public abstract void Synchronize();
    public abstract void Upload(ReadOnlySpan<byte> source, Tensor destination);
    public abstract void Download(Tensor source, Span<byte> destination);
    public abstract string Conv2dImplementation(in Conv2dShape shape, int pass, DType type = DType.F32);
    public virtual Arithmetic Conv2dArithmetic(in Conv2dShape shape, int pass, DType type = DType.F32) => new(shape.Flops, type);
    public virtual void Dispose() => meta.Dispose();

    /// <summary>A call has come.</summary>
    /// <param name="call">What it is, free of its tensors.</param>
    /// <param name="run">Makes it with its tensors on a backend.</param>
    protected abstract void Make(KernelCall call, Action<IBackend> run);

    /// <param name="op">The op's name.</param>
    /// <param name="pass">Which of its kernels.</param>
    /// <param name="operands">The call's tensors; null where it may lack one.</param>
    /// <param name="run">Makes the call again: its operands in the order given, null where null was given.</param>
    /// <param name="settings">Its other arguments.</param>
    /// <param name="convolution">What it computes, where it is a convolution.</param>
    /// <param name="prepare">Makes its operands hold what it needs, where noise would not do.</param>
    private void Call(string op, string pass, ReadOnlySpan<Tensor?> operands, Action<IBackend, Tensor?[]> run, string settings = "",
        Conv2dShape? convolution = null, Action<IBackend, Tensor?[]>? prepare = null)
    {
        Tensor?[] given = operands.ToArray();
        long before = meta.Flops;
        run(meta, given);
        // The same tensor twice (batch norm in place) is to be the same tensor again.
        var distinct = new List<Tensor>();
        var places = new int[given.Length];
        for (int i = 0; i < places.Length; i++)
        {
            places[i] = given[i] is { } t ? distinct.IndexOf(t) : -1;
            if (places[i] >= 0 || given[i] is not { } next) continue;
            places[i] = distinct.Count;
            distinct.Add(next);
        }
        TensorForm[] forms = [.. distinct.Select(TensorForm.Of)];
        Tensor?[] Place(IReadOnlyList<Tensor> tensors) => [.. places.Select(p => p < 0 ? null : tensors[p])];
        var call = new KernelCall(op, pass, forms, $"{settings} {string.Join(',', places)}", meta.Flops - before, forms.Sum(f => f.Bytes), (backend, tensors) => run(backend, Place(tensors)))
        {
            Convolution = convolution,
            Prepare = prepare is null ? null : (backend, tensors) => prepare(backend, Place(tensors)),
        };
        Make(call, backend => run(backend, given));
    }

    // --- memory
    public void Zero(Tensor t) => Call("zero", "forward", [t], (b, o) => b.Zero(o[0]!));
    public void Fill(Tensor t, float value) => Call("fill", "forward", [t], (b, o) => b.Fill(o[0]!, value));

    // --- convolutions
    public void Conv2dForward(Tensor x, Tensor w, Tensor? bias, Tensor y, in Conv2dShape shape)
    {
        var s = shape;
        Call("conv2d", "forward", [x, w, bias, y], (b, o) => b.Conv2dForward(o[0]!, o[1]!, o[2], o[3]!, s), convolution: s, settings: s.ToString());
    }

    public void Conv2dBackwardData(Tensor dy, Tensor w, Tensor dx, in Conv2dShape shape)
    {
        var s = shape;
        Call("conv2d", "backward_data", [dy, w, dx], (b, o) => b.Conv2dBackwardData(o[0]!, o[1]!, o[2]!, s), convolution: s, settings: s.ToString());
    }

    public void Conv2dBackwardWeight(Tensor x, Tensor dy, Tensor dw, Tensor? db, in Conv2dShape shape)
    {
        var s = shape;
        Call("conv2d", "backward_weight", [x, dy, dw, db], (b, o) => b.Conv2dBackwardWeight(o[0]!, o[1]!, o[2]!, o[3], s), convolution: s, settings: s.ToString());
    }

    public void ConvTranspose2dForward(Tensor x, Tensor w, Tensor? bias, Tensor y, in Conv2dShape shape)
    {
        var s = shape;
        Call("conv_transpose2d", "forward", [x, w, bias, y], (b, o) => b.ConvTranspose2dForward(o[0]!, o[1]!, o[2], o[3]!, s), settings: s.ToString());
    }

    public void ConvTranspose2dBackwardData(Tensor dy, Tensor w, Tensor dx, in Conv2dShape shape)
    {
        var s = shape;
        Call("conv_transpose2d", "backward_data", [dy, w, dx], (b, o) => b.ConvTranspose2dBackwardData(o[0]!, o[1]!, o[2]!, s), settings: s.ToString());
    }

    public void ConvTranspose2dBackwardWeight(Tensor x, Tensor dy, Tensor dw, Tensor? db, in Conv2dShape shape)
    {
        var s = shape;
        Call("conv_transpose2d", "backward_weight", [x, dy, dw, db], (b, o) => b.ConvTranspose2dBackwardWeight(o[0]!, o[1]!, o[2]!, o[3], s), settings: s.ToString());
    }
}
