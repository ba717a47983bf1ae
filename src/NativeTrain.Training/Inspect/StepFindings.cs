namespace NativeTrain.Training;

/// <summary>What a reader who has never seen the code should learn first from a step, in sentences with their reasons.</summary>
internal sealed class StepFindings(StepDocument step)
{
    public IEnumerable<Finding> All() => [Slowest(), Clock(), Peak(), .. Unread(), .. Gradients(), .. Dead(), .. Updates()];

    /// <summary>The layer that takes the most time, and the kernel in it that does.</summary>
    private Finding Slowest()
    {
        var layer = step.Layers.MaxBy(l => l.Forward + l.Backward)!;
        int place = IndexOf(layer);
        var (node, launch) = Launches().Where(l => l.Node.Layer == place).MaxBy(l => l.Launch.Seconds);
        double total = layer.Forward + layer.Backward;
        string why = launch.Bound switch
        {
            "memory" => $"It moves {Size(launch.Bytes)}, which takes {Ms(launch.Bytes / step.About.BytesPerSecond)} at best: memory bounds it, and it reaches {launch.Roof:P0} of that",
            "arithmetic" => $"It computes {launch.Computed / 1e9:F1} GFLOP, which take {Ms(launch.Roof * launch.Seconds)} at best: arithmetic bounds it, and it reaches {launch.Roof:P0} of that",
            _ => "",
        };
        return new Finding("time", $"{Title(layer)} takes the most time: {total / step.Totals.NodeSeconds:P0} of the step, {Ms(layer.Forward)} forward and {Ms(layer.Backward)} backward. " +
            $"Its longest kernel is {node.Op} {launch.Pass} of {node.Name} on a map of {Input(node)}: {Ms(launch.Seconds)}. {why}".TrimEnd().TrimEnd('.') + ".", node.Id, false);
    }

    /// <summary>Whether the nodes' times are those of the step.</summary>
    private Finding Clock()
    {
        double off = step.Totals.NodeSeconds / step.Totals.Seconds - 1;
        double forward = step.Layers.Sum(l => l.Forward), backward = step.Layers.Sum(l => l.Backward);
        return new Finding("time", $"The nodes' times add up to {Ms(step.Totals.NodeSeconds)}, of which the walk back takes {backward / (forward + backward):P0}; the step alone, without a clock at every node, takes {Ms(step.Totals.Seconds)} ({off:+0.0 %;-0.0 %}). Between launches pass {Ms(step.Totals.Between)}.",
            -1, Math.Abs(off) > 0.1);
    }

    /// <summary>Where memory peaks, which layer holds the most of it, and the largest thing that it holds.</summary>
    private Finding Peak()
    {
        var at = Launches().First(l => l.Launch.Order == step.Memory.PeakAt);
        if (step.Memory.Holders is not [var holder, ..]) return new Finding("memory", $"The most memory is {Size(step.Memory.Curve.Max())}.", at.Node.Id, false);
        var layer = step.Layers[holder.Layer];
        var saved = step.Nodes.Where(n => n.Layer == holder.Layer).SelectMany(n => n.Saved.Select(s => (Node: n, Saved: s))).ToList();
        string largest = saved.Count == 0 ? "" : Largest(saved.MaxBy(s => s.Saved.Bytes));
        long all = holder.Activations + holder.Gradients;
        return new Finding("memory", $"Memory peaks at {Size(step.Memory.Curve[step.Memory.PeakAt])}, when {at.Node.Op} {at.Launch.Pass} of {at.Node.Name} runs. {Title(layer)} holds the most of it, {Size(all)} " +
            $"({(double)all / step.Memory.Curve[step.Memory.PeakAt]:P0}): what its ops made lives until the walk back has passed it.{largest}", at.Node.Id, false);
    }

    private static string Largest((NodeView Node, SavedView Saved) s) =>
        $" The largest piece is {s.Saved.Name} of {s.Node.Name}, {s.Saved.Shape}, {Size(s.Saved.Bytes)}, kept because {s.Saved.Why}.";

    private IEnumerable<Finding> Unread()
    {
        if (step.Memory.Unread > 0)
            yield return new Finding("memory", $"{Size(step.Memory.Unread)} of what the ops made is kept until the walk back although no gradient's formula reads it: the tape frees by op, not by tensor.", -1, false);
    }

    private IEnumerable<Finding> Gradients()
    {
        var known = step.Layers.Where(l => l.GradNorm is not null).ToList();
        if (known.Count == 0) yield break;
        if (step.Totals.GradNorm is null) // they were measured, yet the update was left out
        {
            yield return new Finding("gradients", $"The gradients overflowed {step.About.Precision}, not finite in {known.Count(l => l.Flag == LayerSummary.NotFinite)} of {known.Count} layers: " +
                "the step was left out, no weight moved, and the loss scale is halved.", -1, true);
            yield break;
        }
        foreach (var l in known.Where(l => l.Flag.Length > 0)) yield return Flagged(l);
        if (known.Exists(l => l.Flag.Length > 0)) yield break;
        var (least, most) = (known.MinBy(l => l.GradNorm)!, known.MaxBy(l => l.GradNorm)!);
        yield return new Finding("gradients", $"Gradients reach every layer: their norms lie between {least.GradNorm:g3} ({least.Name}) and {most.GradNorm:g3} ({most.Name}); none vanishes or explodes." +
            (step.Totals.Clip < 1 ? $" Together they are {step.Totals.GradNorm:g3} long and were shortened to {TrainingStep.MaxGradNorm:g3}." : ""), -1, false);
    }

    private static Finding Flagged(LayerView l)
    {
        string off = l.Flag == LayerSummary.NotFinite ? "" : $" (norm {l.GradNorm:g3}, more than {LayerSummary.Far:F0} times {(l.Flag == LayerSummary.Vanishing ? "below" : "above")} the median layer's)";
        return new Finding("gradients", $"{Title(l)}: its gradients are {l.Flag}{off}.", -1, true);
    }

    private IEnumerable<Finding> Dead()
    {
        int all = step.Layers.Sum(l => l.SiluChannels), dead = step.Layers.Sum(l => l.DeadChannels);
        if (all == 0) yield break;
        yield return new Finding("gradients", dead == 0
            ? $"None of the {all} SiLU channels is dead."
            : $"{dead} of the {all} SiLU channels are dead (slope below {DeadChannels.Slope:g2} at every pixel), most in {Title(step.Layers.MaxBy(l => l.DeadChannels)!)}.", -1, dead > 0);
    }

    private IEnumerable<Finding> Updates()
    {
        var ratios = step.Layers.Where(l => l.UpdateRatio is not null).OrderBy(l => l.UpdateRatio).ToList();
        if (ratios.Count == 0) yield break;
        yield return new Finding("updates", $"The update moved the weights by {ratios[ratios.Count / 2].UpdateRatio:g2} of their norm in the median layer, from {ratios[0].UpdateRatio:g2} ({ratios[0].Name}) to {ratios[^1].UpdateRatio:g2} ({ratios[^1].Name}); about 1e-3 is usual.", -1, false);
    }

    /// <summary>What the assigner gave the cells.</summary>
    public static IEnumerable<Finding> Matches((IReadOnlyList<(int Stride, int Cells)> Levels, int Boxes, int Missed)? count)
    {
        if (count is not var (levels, boxes, missed)) yield break;
        string by = string.Join(", ", levels.Select(l => $"{l.Cells} of stride {l.Stride}"));
        yield return new Finding("matches", boxes == 0 ? "The batch has no boxes: every cell learns background." :
            $"{levels.Sum(l => l.Cells)} cells learn the batch's {boxes} boxes: {by}." + (missed == 0 ? " Every box has cells." : $" {missed} boxes have none: others took theirs, or they lie between cells."), -1, missed > 0);
    }

    private IEnumerable<(NodeView Node, LaunchView Launch)> Launches() => step.Nodes.SelectMany(n => n.Forward.Concat(n.Backward).Select(l => (n, l)));

    private int IndexOf(LayerView layer) => step.Layers.TakeWhile(l => l != layer).Count();

    private static string Input(NodeView node) => node.Inputs is [var x, ..] ? x.Shape : "no input";

    private static string Title(LayerView layer) => layer.Block.Length == 0 ? $"The {layer.Name}" : $"{layer.Name} ({layer.Block})";

    private static string Ms(double seconds) => seconds >= 0.1 ? $"{seconds * 1e3:F0} ms" : $"{seconds * 1e3:g3} ms";

    private static string Size(long bytes) => bytes >= 1 << 20 ? $"{bytes / 1048576.0:F1} MiB" : $"{bytes / 1024.0:F1} KiB";
}
