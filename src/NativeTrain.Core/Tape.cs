namespace NativeTrain.Core;

/// <summary>
/// Records what a forward pass computed, so that <see cref="Backward"/> can walk it once in reverse.
/// A recording tape owns every tensor made through <see cref="New"/> and frees it as soon as the walk back
/// has passed the op that made it. A tape that does not record (inference) frees by <see cref="Scope"/>.
/// </summary>
/// <remarks>
/// An op is recorded after it computed: its node owns the tensors made since the node before. All users of
/// those tensors were recorded later, so when the walk back has passed the node nobody needs them any more.
/// </remarks>
public sealed class Tape : IDisposable
{
    private readonly List<TapeNode> nodes = [];
    private List<Tensor> fresh = [];

    public Tape(IBackend backend, bool record = true, bool training = true)
    {
        Backend = backend;
        Recording = record;
        Training = training;
    }

    public IBackend Backend { get; }

    /// <summary>Whether ops leave a node (false: inference, or inside <see cref="Pause"/>).</summary>
    public bool Recording { get; private set; }

    /// <summary>Whether batch norm uses the batch's statistics (true) or the running ones.</summary>
    public bool Training { get; }

    /// <summary>What the step's random ops (<see cref="Ops.Dropout"/>) draw from: a function of the seed, the epoch and the batch.</summary>
    public ulong RandomKey { get; init; }

    /// <summary>
    /// The element type of the feature maps and their gradients: F32, F16 or BF16. The network's input is made in it,
    /// and an op's output has its input's type; parameters, their gradients, statistics, logits and losses are F32 always.
    /// </summary>
    public DType Precision { get; init; } = DType.F32;

    /// <summary>Where several processes compute a batch together, this one's part of it; null: the batch is whole.</summary>
    public BatchShare? Share { get; init; }

    /// <summary>
    /// Told on the walk back, after every op, of the parameters whose gradient is complete (the pass's part of it), and then of none more:
    /// what is sent to other processes can be sent while the walk goes on. Null: nobody is told.
    /// </summary>
    public Action<IReadOnlyList<Parameter>>? GradientsDone { get; init; }

    /// <summary>How many recorded ops have yet to add to a parameter's gradient, where somebody is told.</summary>
    private readonly Dictionary<Parameter, int> uses = [];

    /// <summary>Sees every kernel launch of the step, forward and backward, and runs it; null: no one looks.</summary>
    public ITapeObserver? Observer { get; set; }

    /// <summary>The layer that is computed, on the walk back too: "model.10"; empty outside of layers.</summary>
    public string CurrentLayer { get; private set; } = "";

    /// <summary>What runs until the returned object is disposed belongs to this layer: its nodes and kernel launches bear the name.</summary>
    public TapeLayer Layer(string name)
    {
        string outer = CurrentLayer;
        CurrentLayer = name;
        return new TapeLayer(this, outer);
    }

    internal void LeaveLayer(string outer) => CurrentLayer = outer;

    /// <summary>A tensor with undefined contents that lives until the tape no longer needs it.</summary>
    public Tensor New(Shape shape, DType type = DType.F32)
    {
        var t = Tensor.Create(Backend, shape, type);
        t.RequiresGrad = Recording;
        fresh.Add(t);
        return t;
    }

    /// <summary>Runs one kernel of an op, through the observer where there is one.</summary>
    /// <param name="op">The op's name.</param>
    /// <param name="pass">"forward", "backward", or a part of it ("backward_data").</param>
    /// <param name="kernel">Calls the backend.</param>
    /// <param name="cost">What the kernel computes and moves; asked for only where an observer is.</param>
    public void Run(string op, string pass, Action kernel, Func<OpCost>? cost = null)
    {
        ArgumentNullException.ThrowIfNull(kernel);
        if (Observer is { } o) o.Run(new KernelLaunch(CurrentLayer, op, pass, cost?.Invoke() ?? default), kernel);
        else kernel();
    }

    /// <summary>Remembers how to send the gradient of an op's outputs to its inputs.</summary>
    /// <param name="op">The op's name.</param>
    /// <param name="backward">Sends the gradient; run once.</param>
    /// <param name="tensors">What the op read, made and keeps; asked for only where an observer is.</param>
    public void Record(string op, Action backward, Func<OpTensors>? tensors = null)
    {
        if (!Recording) return;
        var node = new TapeNode(op, CurrentLayer, backward, fresh, tensors);
        nodes.Add(node);
        fresh = [];
        if (GradientsDone is not null)
            foreach (var p in node.Tensors.Parameters) uses[p] = uses.GetValueOrDefault(p) + 1;
        Observer?.Recorded(node);
    }

    /// <summary>Names of the recorded ops, in forward order.</summary>
    public IEnumerable<string> Ops => nodes.Select(n => n.Op);

    /// <summary>
    /// Walks back from <paramref name="loss"/> (a scalar, seeded with <paramref name="seed"/>), freeing what was
    /// used on the way. Afterwards the tape is empty.
    /// </summary>
    public void Backward(Tensor loss, float seed = 1f)
    {
        Backend.Fill(LossGradient(loss), seed);
        WalkBack();
    }

    /// <summary>The same with a seed that is read on the device: [1], F32. Work that is recorded can so be seeded anew each time.</summary>
    public void Backward(Tensor loss, Tensor seed)
    {
        ArgumentNullException.ThrowIfNull(seed);
        if (seed.Count != 1) throw new ArgumentException($"the seed must be one number, not {seed}");
        Backend.Copy(seed, LossGradient(loss), accumulate: false);
        WalkBack();
    }

    /// <summary>The gradient that has arrived at an op's output, or null where nothing used that output.</summary>
    public static Tensor? GradOf(Tensor output)
    {
        ArgumentNullException.ThrowIfNull(output);
        var whole = output.Whole;
        if (whole is null) return output.Grad;
        return whole.Grad is null ? null : ViewLike(whole.Grad, output, whole);
    }

    /// <summary>
    /// Where an op puts the gradient of its input: overwrite it when <paramref name="accumulate"/> is false,
    /// add to it when true (another user of the input was there first, or a slice of a wider tensor).
    /// </summary>
    public Tensor Sink(Tensor input, out bool accumulate)
    {
        ArgumentNullException.ThrowIfNull(input);
        var whole = input.Whole;
        if (whole is null)
        {
            accumulate = input.Grad is not null;
            return input.Grad ??= Tensor.Create(Backend, input.Shape, input.Type);
        }
        if (whole.Grad is null)
        {
            whole.Grad = Tensor.Create(Backend, whole.Shape, whole.Type);
            Backend.Zero(whole.Grad);
        }
        accumulate = true;
        return ViewLike(whole.Grad, input, whole);
    }

    /// <summary>
    /// <see cref="Sink"/> for a kernel that reads an element of the output's gradient for the last time as it writes that of the
    /// input's: where both are whole maps of one shape and type and the input has no gradient yet, both are the same memory.
    /// </summary>
    public Tensor SinkInPlace(Tensor input, Tensor output, out bool accumulate)
    {
        if (!HandOver(output, input)) return Sink(input, out accumulate);
        accumulate = false;
        return input.Grad!;
    }

    /// <summary>
    /// Makes the gradient that has arrived at an op's output that of its input, as it is; false, with nothing done, where one of the
    /// two is a part of a wider map, shapes or types differ, or the input has a gradient already.
    /// </summary>
    public static bool HandOver(Tensor output, Tensor input)
    {
        ArgumentNullException.ThrowIfNull(output);
        ArgumentNullException.ThrowIfNull(input);
        if (output.Whole is not null || input.Whole is not null || output.Shape != input.Shape || output.Type != input.Type) return false;
        if (output.Grad is null || input.Grad is not null) return false;
        (input.Grad, output.Grad) = (output.Grad, null);
        return true;
    }

    /// <summary>
    /// <see cref="Sink"/> for a kernel that always adds, because it only touches a part of the gradient: one that nobody was at
    /// before starts at zero.
    /// </summary>
    public Tensor AccumulatingSink(Tensor input)
    {
        var sink = Sink(input, out bool accumulate);
        if (!accumulate) Backend.Zero(sink);
        return sink;
    }

    /// <summary>
    /// In a tape that does not record: frees, at its end, what was made inside it and not passed to
    /// <see cref="TapeScope.Keep"/>. In a recording tape it does nothing.
    /// </summary>
    public TapeScope Scope() => new(this, Recording ? [] : [.. fresh]);

    /// <summary>
    /// In a recording tape: what runs until the returned object is disposed leaves no node, requires no gradient and is
    /// freed by scope, as in inference; batch norm still trains its statistics. For what stands before all that learns.
    /// </summary>
    public TapePause Pause()
    {
        bool was = Recording;
        Recording = false;
        return new TapePause(this, was);
    }

    /// <param name="record">Whether ops leave nodes from here on.</param>
    internal void Resume(bool record) => Recording = record;

    /// <param name="stay">What was there before the scope, and what it keeps.</param>
    internal void CloseScope(HashSet<Tensor> stay)
    {
        if (Recording) return;
        fresh.RemoveAll(t =>
        {
            if (stay.Contains(t)) return false;
            t.Dispose();
            return true;
        });
    }

    /// <summary>In a tape that does not record: frees one tensor before the scope's end.</summary>
    public void Free(Tensor t)
    {
        ArgumentNullException.ThrowIfNull(t);
        if (Recording) return;
        var whole = t.Whole ?? t;
        if (fresh.Remove(whole)) whole.Dispose();
    }

    public void Dispose()
    {
        for (int i = nodes.Count - 1; i >= 0; i--) Release(nodes[i].Owned);
        nodes.Clear();
        Release(fresh);
    }

    private Tensor LossGradient(Tensor loss)
    {
        ArgumentNullException.ThrowIfNull(loss);
        if (!Recording) throw new InvalidOperationException("this tape does not record");
        if (loss.Count != 1) throw new ArgumentException($"the loss must be one number, not {loss}");
        return Sink(loss, out _);
    }

    private void WalkBack()
    {
        for (int i = nodes.Count - 1; i >= 0; i--)
        {
            var node = nodes[i];
            CurrentLayer = node.Layer;
            Observer?.WalkingBack(node);
            node.Backward();
            GradientsDone?.Invoke([.. node.Tensors.Parameters.Where(p => --uses[p] == 0)]);
            nodes.RemoveAt(i);
            Release(node.Owned);
            Observer?.Passed(node);
        }
        CurrentLayer = "";
    }

    private static Tensor ViewLike(Tensor grad, Tensor part, Tensor whole) =>
        grad.Slice((int)(part.Offset - whole.Offset), part.C);

    private static void Release(List<Tensor> tensors)
    {
        foreach (var t in tensors) t.Dispose();
        tensors.Clear();
    }
}
