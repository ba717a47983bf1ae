using NativeTrain.Core;

namespace NativeTrain.Training;

/// <summary>
/// A backend that computes nothing and writes down the kernel calls it gets. A training step on it gives every kernel
/// and shape of that step, whatever the graph; <see cref="KernelBench"/> then makes the calls one by one on a real backend.
/// </summary>
public sealed partial class CallRecorder : IBackend
{
    private readonly MetaBackend meta = new();
    private readonly Dictionary<string, int> counts = [];
    private readonly List<KernelCall> calls = [];

    public string Name => "recorder";
    public IAllocator Allocator => meta.Allocator;
    public bool Computes(DType type) => true;
    public DType MixedPrecision => DType.F32;
    public MemoryLeft MemoryLeft => meta.MemoryLeft;
    public HostBlock AllocateHost(int bytes) => meta.AllocateHost(bytes);
    public void Prefetch(ReadOnlySpan<byte> source) { }
    public void Synchronize() { }
    public void Dispose() => meta.Dispose();

    /// <summary>The calls so far that were different work, in order, and how often each was made.</summary>
    public IEnumerable<(KernelCall Call, int Count)> Calls => calls.Select(c => (c, counts[c.Key]));

    /// <summary>Begins anew.</summary>
    public void Forget()
    {
        counts.Clear();
        calls.Clear();
    }

    /// <param name="operands">The call's tensors; null where it may lack one.</param>
    /// <param name="run">Makes the call again: its operands in the order given, null where null was given.</param>
    private void Record(string op, string pass, ReadOnlySpan<Tensor?> operands, Action<IBackend, Tensor?[]> run, string settings = "",
        Conv2dShape? convolution = null, Action<IBackend, Tensor?[]>? prepare = null)
    {
        long before = meta.Flops;
        run(meta, operands.ToArray());
        // The same tensor twice (batch norm in place) is to be the same tensor again.
        var distinct = new List<Tensor>();
        var places = new int[operands.Length];
        for (int i = 0; i < places.Length; i++)
        {
            places[i] = operands[i] is { } t ? distinct.IndexOf(t) : -1;
            if (places[i] >= 0 || operands[i] is not { } next) continue;
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
        if (counts.TryGetValue(call.Key, out int count))
        {
            counts[call.Key] = count + 1;
            return;
        }
        counts[call.Key] = 1;
        calls.Add(call);
    }

    // --- memory
    public void Zero(Tensor t) => Record("zero", "forward", [t], (b, o) => b.Zero(o[0]!));
    public void Fill(Tensor t, float value) => Record("fill", "forward", [t], (b, o) => b.Fill(o[0]!, value));
    public void Upload(ReadOnlySpan<byte> source, Tensor destination) { }
    public void Download(Tensor source, Span<byte> destination) => destination.Clear();

    // --- convolutions
    public void Conv2dForward(Tensor x, Tensor w, Tensor? bias, Tensor y, in Conv2dShape shape)
    {
        var s = shape;
        Record("conv2d", "forward", [x, w, bias, y], (b, o) => b.Conv2dForward(o[0]!, o[1]!, o[2], o[3]!, s), convolution: s, settings: s.ToString());
    }

    public void Conv2dBackwardData(Tensor dy, Tensor w, Tensor dx, in Conv2dShape shape)
    {
        var s = shape;
        Record("conv2d", "backward_data", [dy, w, dx], (b, o) => b.Conv2dBackwardData(o[0]!, o[1]!, o[2]!, s), convolution: s, settings: s.ToString());
    }

    public void Conv2dBackwardWeight(Tensor x, Tensor dy, Tensor dw, Tensor? db, in Conv2dShape shape)
    {
        var s = shape;
        Record("conv2d", "backward_weight", [x, dy, dw, db], (b, o) => b.Conv2dBackwardWeight(o[0]!, o[1]!, o[2]!, o[3], s), convolution: s, settings: s.ToString());
    }

    public string Conv2dImplementation(in Conv2dShape shape, int pass, DType type = DType.F32) => "";

    public void ConvTranspose2dForward(Tensor x, Tensor w, Tensor? bias, Tensor y, in Conv2dShape shape)
    {
        var s = shape;
        Record("conv_transpose2d", "forward", [x, w, bias, y], (b, o) => b.ConvTranspose2dForward(o[0]!, o[1]!, o[2], o[3]!, s), settings: s.ToString());
    }

    public void ConvTranspose2dBackwardData(Tensor dy, Tensor w, Tensor dx, in Conv2dShape shape)
    {
        var s = shape;
        Record("conv_transpose2d", "backward_data", [dy, w, dx], (b, o) => b.ConvTranspose2dBackwardData(o[0]!, o[1]!, o[2]!, s), settings: s.ToString());
    }

    public void ConvTranspose2dBackwardWeight(Tensor x, Tensor dy, Tensor dw, Tensor? db, in Conv2dShape shape)
    {
        var s = shape;
        Record("conv_transpose2d", "backward_weight", [x, dy, dw, db], (b, o) => b.ConvTranspose2dBackwardWeight(o[0]!, o[1]!, o[2]!, o[3], s), settings: s.ToString());
    }
}
