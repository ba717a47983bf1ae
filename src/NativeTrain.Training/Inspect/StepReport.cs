using NativeTrain.Core;
using NativeTrain.Core.Ops;
using NativeTrain.Vision.Data;
using NativeTrain.Vision.Models;

namespace NativeTrain.Training;

/// <summary>Puts together what the runs of one step have shown.</summary>
/// <param name="about">What was run.</param>
/// <param name="model">The model.</param>
/// <param name="roofline">Of the device.</param>
/// <param name="graph">The step's ops.</param>
/// <param name="memory">The step's memory.</param>
/// <param name="values">The step's numbers.</param>
/// <param name="times">Seconds of every launch.</param>
internal sealed class StepReport(StepAbout about, YoloModel model, Roofline roofline, StepRecorder graph, MemoryRecorder memory, ValueRecorder values, IReadOnlyList<double> times)
{
    /// <summary>Seconds of the step without instrumentation, run by run.</summary>
    public required IReadOnlyList<double> Plain { get; init; }

    /// <summary>Of the fastest of them.</summary>
    public required double Seconds { get; init; }

    /// <summary>Seconds of the fastest timed run that lie between launches.</summary>
    public required double Between { get; init; }
    public required long PeakBytes { get; init; }
    public required StepResult Result { get; init; }
    public required IReadOnlyList<MemoryPart> Before { get; init; }
    public required ImageBatch Batch { get; init; }
    public required IReadOnlyList<string> Names { get; init; }

    public StepDocument Document()
    {
        string[] layers = ["input", .. model.Layers.Select(l => l.Name), "loss", "optimizer"];
        NodeView[] nodes = [.. Nodes(layers)];
        LayerView[] views = [.. new LayerSummary(model, layers, nodes, values, memory).Views()];
        var totals = new StepTotals(Seconds, Plain, times.Sum(), Between, nodes.Sum(n => n.Forward.Concat(n.Backward).Sum(l => l.Flops)), PeakBytes, Result.GradNorm,
            Result.GradNorm is { } norm ? Math.Min(1, TrainingStep.MaxGradNorm / (norm + 1e-6)) : 1);
        var held = new MemoryView(Before, memory.Curve, memory.PeakAt,
            [.. memory.Holders.Select(h => new MemoryHolder(Place(layers, h.Key), h.Value.Activations, h.Value.Gradients)).OrderByDescending(h => h.Activations + h.Gradients)], graph.UnreadBytes);
        var document = new StepDocument(about, [], totals, [.. Result.Loss.Names.Zip(Result.Loss.Values, (n, v) => new LossTerm(n, v))], views, nodes, held,
            AssignedCells.Of(Batch, values, Names), Formulas(nodes), Sources(nodes));
        return document with { Findings = [.. new StepFindings(document).All(), .. StepFindings.Matches(AssignedCells.Count(Batch, values))] };
    }

    /// <summary>The numbers of the tape's nodes come in their order; launches outside of it have none.</summary>
    private IEnumerable<NodeView> Nodes(string[] layers)
    {
        int taped = 0;
        foreach (var n in graph.Nodes)
        {
            int place = n.Outputs.Count > 0 || n.Backward.Count > 0 ? taped++ : -1;
            yield return new NodeView(n.Id, Place(layers, n.Layer), n.Op, n.Name, n.Settings, n.From, n.Inputs, n.Outputs, n.Saved, n.Parameters, n.Made,
                [.. n.Forward.Select(Launch)], [.. n.Backward.Select(Launch)],
                place < 0 ? null : values.Activations[place], place < 0 ? null : values.Gradients[place], place < 0 ? null : values.Silu[place]);
        }
    }

    private LaunchView Launch(OrderedLaunch ordered)
    {
        var (order, launch) = (ordered.Order, ordered.Launch);
        var cost = launch.Cost;
        string implementation = cost.Implementation ?? "";
        bool counted = cost.Flops > 0 || cost.Bytes > 0;
        var work = roofline.Work(cost);
        double roof = counted && times[order] > 0 ? roofline.Bound(work, cost.Bytes) / times[order] : 0;
        string bound = !counted ? "" : roofline.Seconds(work) > cost.Bytes / roofline.BytesPerSecond ? "arithmetic" : "memory";
        return new LaunchView(order, launch.Pass, implementation, times[order], cost.Flops, work.Flops, cost.Bytes, roof, bound,
            KernelFiles.Cpu(launch.Op, launch.Pass, implementation), KernelFiles.Cuda(launch.Op, launch.Pass, implementation));
    }

    private static int Place(string[] layers, string name) => Math.Max(0, Array.IndexOf(layers, name));

    private static Dictionary<string, FormulaView> Formulas(NodeView[] nodes) =>
        nodes.Select(n => n.Op).Distinct().Select(OpFormula.Of).OfType<OpFormula>().ToDictionary(f => f.Op, f => new FormulaView(f.Forward, f.Backward, f.Source));

    private static Dictionary<string, string> Sources(NodeView[] nodes) =>
        nodes.SelectMany(n => n.Forward.Concat(n.Backward)).SelectMany(l => l.Cpu.Concat(l.Cuda)).Distinct().Order(StringComparer.Ordinal).ToDictionary(p => p, KernelFiles.Text);
}
