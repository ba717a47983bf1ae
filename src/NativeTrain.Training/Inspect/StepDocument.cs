namespace NativeTrain.Training;

/// <summary>
/// Everything that the page of <c>nativetrain inspect</c> shows of one training step. The page holds it as JSON and draws from it
/// alone. Times are in seconds, sizes in bytes, maps [N, H, W, C].
/// </summary>
/// <param name="About">What was run, and where.</param>
/// <param name="Findings">What a reader should see first, in sentences.</param>
/// <param name="Totals">The step as a whole.</param>
/// <param name="Loss">The terms of the loss, with their gains.</param>
/// <param name="Layers">In the order of the forward pass: input, the model's layers, loss, optimizer.</param>
/// <param name="Nodes">The ops of the tape in forward order, and what ran outside of it.</param>
/// <param name="Memory">What lived when.</param>
/// <param name="Pictures">Pictures of the batch with what they are to teach; the first few.</param>
/// <param name="Formulas">By op.</param>
/// <param name="Sources">Kernel files by path.</param>
public sealed record StepDocument(StepAbout About, IReadOnlyList<Finding> Findings, StepTotals Totals, IReadOnlyList<LossTerm> Loss, IReadOnlyList<LayerView> Layers,
    IReadOnlyList<NodeView> Nodes, MemoryView Memory, IReadOnlyList<PictureView> Pictures, IReadOnlyDictionary<string, FormulaView> Formulas, IReadOnlyDictionary<string, string> Sources);

/// <param name="Step">Counted from 1.</param>
/// <param name="Precision">Element type of the maps.</param>
/// <param name="BytesPerSecond">The device's memory, measured.</param>
/// <param name="FlopsPerSecond">The device's arithmetic in the maps' type, measured (fp32 where it does not multiply that type).</param>
/// <param name="FloatFlopsPerSecond">In fp32, which some kernels multiply whatever the maps.</param>
public sealed record StepAbout(string Model, string Task, string Data, int Batch, int Height, int Width, string Device, string Precision, long Parameters,
    IReadOnlyList<string> Classes, string Optimizer, int Step, double BytesPerSecond, double FlopsPerSecond, double FloatFlopsPerSecond);

/// <summary>A sentence, and the part of the page that shows more.</summary>
/// <param name="Topic">"time", "memory", "gradients", "updates", "matches".</param>
/// <param name="Node">The node that the sentence is about, or −1.</param>
/// <param name="Warns">Whether something is amiss.</param>
public sealed record Finding(string Topic, string Text, int Node, bool Warns);

/// <param name="Seconds">The step without instrumentation: the fastest of <paramref name="Plain"/>.</param>
/// <param name="NodeSeconds">The sum of the nodes' times, of the fastest timed run.</param>
/// <param name="Between">What the timed run took between launches: recording, memory, uploads, zeroing.</param>
/// <param name="GradNorm">Of all gradients before clipping; null where the step was left out.</param>
/// <param name="Clip">What the gradients were multiplied by to shorten them, 1 where they were not.</param>
public sealed record StepTotals(double Seconds, IReadOnlyList<double> Plain, double NodeSeconds, double Between, long Flops, long PeakBytes, double? GradNorm, double Clip);

public sealed record LossTerm(string Name, double Value);

/// <summary>One layer.</summary>
/// <param name="From">Numbers in the list of the layers that it reads.</param>
/// <param name="Shape">Of its last op's output.</param>
/// <param name="PeakBytes">What it holds of the memory's peak.</param>
/// <param name="GradNorm">Norm of its parameters' gradients; null where it has none.</param>
/// <param name="UpdateRatio">|Δw|/|w| of its weights (biases and norms left out); null where it has none.</param>
/// <param name="SiluChannels">Channels that go through SiLU.</param>
/// <param name="DeadChannels">Those of them that let no gradient through.</param>
/// <param name="Flag">"vanishing", "exploding", "not finite" or empty.</param>
public sealed record LayerView(string Name, string Block, IReadOnlyList<int> From, string Shape, double Forward, double Backward, long Flops, long Bytes, long Parameters,
    long PeakBytes, double? GradNorm, double? UpdateRatio, int SiluChannels, int DeadChannels, string Flag);

/// <summary>One op of the step, forward and backward.</summary>
/// <param name="Id">Its place in the list.</param>
/// <param name="Layer">Its layer's place in the list.</param>
/// <param name="Name">As its parameters begin: "model.2.cv1.conv"; of an op without any, its layer and op.</param>
/// <param name="From">Nodes whose outputs it reads.</param>
/// <param name="Made">Bytes that live from its forward pass until the walk back has passed it.</param>
/// <param name="Activation">Of its first output.</param>
/// <param name="Gradient">Of the loss by that output.</param>
/// <param name="Silu">Channels through SiLU, and how many of them are dead; null where there is none.</param>
public sealed record NodeView(int Id, int Layer, string Op, string Name, string Settings, IReadOnlyList<int> From, IReadOnlyList<TensorView> Inputs, IReadOnlyList<TensorView> Outputs,
    IReadOnlyList<SavedView> Saved, IReadOnlyList<TensorView> Parameters, long Made, IReadOnlyList<LaunchView> Forward, IReadOnlyList<LaunchView> Backward,
    ValuesView? Activation, ValuesView? Gradient, SiluView? Silu);

public sealed record TensorView(string Name, string Shape, string Type, long Bytes);

/// <param name="By">The node that made it; −1: none.</param>
public sealed record SavedView(string Name, string Shape, string Type, long Bytes, string Why, int By);

/// <summary>One kernel launch.</summary>
/// <param name="Order">Its place in the step.</param>
/// <param name="Flops">Floating-point operations by the formula.</param>
/// <param name="Computed">What the implementation computes: fewer by Winograd's algorithm.</param>
/// <param name="Roof">The part of the speed that the device's memory and arithmetic allow; 0 where its work is not counted.</param>
/// <param name="Bound">"memory" or "arithmetic": what bounds it; empty where its work is not counted.</param>
/// <param name="Cpu">Files of the CPU's kernel, the one that ran first.</param>
/// <param name="Cuda">Files of the CUDA kernel.</param>
public sealed record LaunchView(int Order, string Pass, string Implementation, double Seconds, long Flops, long Computed, long Bytes, double Roof, string Bound, IReadOnlyList<string> Cpu, IReadOnlyList<string> Cuda);

public sealed record SiluView(int Channels, int Dead);

public sealed record FormulaView(string Forward, IReadOnlyList<string> Backward, string Source);

/// <summary>The memory of the step's tensors.</summary>
/// <param name="Before">What lives before and after the step: parameters, gradients, optimizer, averages, by name.</param>
/// <param name="Curve">Live bytes at each kernel launch, in order.</param>
/// <param name="PeakAt">The launch with the most.</param>
/// <param name="Holders">What holds the most, largest first.</param>
/// <param name="Unread">Bytes of activations that live until the walk back although nothing reads them on it.</param>
public sealed record MemoryView(IReadOnlyList<MemoryPart> Before, IReadOnlyList<long> Curve, int PeakAt, IReadOnlyList<MemoryHolder> Holders, long Unread);

public sealed record MemoryPart(string Name, long Bytes);

/// <param name="Layer">Its place in the list of layers.</param>
/// <param name="Activations">Bytes of what its ops made.</param>
/// <param name="Gradients">Bytes of the gradients of that.</param>
public sealed record MemoryHolder(int Layer, long Activations, long Gradients);
