using NativeTrain.Core;
using NativeTrain.Core.Ops;

namespace NativeTrain.Training;

/// <summary>
/// Writes down the graph of a step: its ops with their tensors, who made what they read, and which kernel launches belong
/// to which op. Reads no numbers.
/// </summary>
/// <param name="memory">Told of the same events; null: nobody.</param>
internal sealed class StepRecorder(MemoryRecorder? memory = null) : ITapeObserver
{
    private readonly List<NodeRecord> nodes = [];
    private readonly List<OrderedLaunch> waiting = [];
    private readonly Dictionary<TapeNode, NodeRecord> records = [];
    private readonly Dictionary<string, int> names = [];
    private readonly Producers producers = new();
    private readonly HashSet<Tensor> read = [], made = [];
    private NodeRecord? passing;
    private int launches;

    /// <summary>The ops in forward order; launches without a node of the tape (the input, an update, frozen layers) have one of their own.</summary>
    public IReadOnlyList<NodeRecord> Nodes
    {
        get
        {
            Outside(waiting.Count);
            return nodes;
        }
    }

    public int Launches => launches;

    /// <summary>Bytes of what ops made and no walk back reads again.</summary>
    public long UnreadBytes => made.Where(t => !read.Contains(t)).Sum(t => t.Bytes);

    public void Run(KernelLaunch launch, Action kernel)
    {
        memory?.BeforeLaunch(launch);
        var ordered = new OrderedLaunch(launches++, launch);
        if (passing is null) waiting.Add(ordered);
        else passing.Backward.Add(ordered);
        kernel();
    }

    public void Recorded(TapeNode node)
    {
        int own = 0;
        while (own < waiting.Count && waiting[^(own + 1)].Launch.Op == node.Op) own++;
        Outside(waiting.Count - own);
        var record = Describe(node);
        record.Forward.AddRange(waiting);
        waiting.Clear();
        nodes.Add(record);
        records.Add(node, record);
        memory?.Made(node);
    }

    public void WalkingBack(TapeNode node)
    {
        Outside(waiting.Count);
        passing = records[node];
    }

    public void Passed(TapeNode node)
    {
        passing = null;
        memory?.Freed(node);
    }

    private NodeRecord Describe(TapeNode node)
    {
        int id = nodes.Count;
        var t = node.Tensors;
        int[] from = [.. t.Inputs.SelectMany(i => producers.Of(i.Tensor)).Distinct().Order()];
        foreach (var output in t.Outputs) producers.Add(output.Tensor, id);
        foreach (var saved in t.Saved) read.Add(saved.Tensor.Whole ?? saved.Tensor);
        made.UnionWith(node.Made);
        var formula = OpFormula.Of(node.Op);
        var own = t.Outputs.Select(o => o.Tensor).ToHashSet();
        return new NodeRecord(id, node.Op, node.Layer)
        {
            Name = Unique(NameOf(node, t)),
            Settings = t.Settings,
            From = from,
            Inputs = [.. t.Inputs.Select(i => NodeRecord.View(i.Name, i.Tensor))],
            Outputs = [.. t.Outputs.Select(o => NodeRecord.View(o.Name, o.Tensor))],
            Saved = [.. t.Saved.Select(s => new SavedView(s.Name, s.Tensor.Shape.ToString(), s.Tensor.Type.ToString(), s.Tensor.Bytes, formula?.WhySaved(s.Name) ?? "",
                node.Made.Contains(s.Tensor) || own.Contains(s.Tensor) ? id : producers.Of(s.Tensor).DefaultIfEmpty(-1).Last()))],
            Parameters = [.. t.Parameters.Select(p => NodeRecord.View(p.Name, p.Value))],
            Made = node.Made.Sum(m => m.Bytes),
        };
    }

    private static string NameOf(TapeNode node, OpTensors tensors)
    {
        if (tensors.Parameters is [var first, ..] && first.Name.LastIndexOf('.') is > 0 and var dot) return first.Name[..dot];
        return node.Layer.Length == 0 ? node.Op : $"{node.Layer}.{node.Op}";
    }

    private string Unique(string name)
    {
        int count = names[name] = names.GetValueOrDefault(name) + 1;
        return count == 1 ? name : $"{name} ({count})";
    }

    /// <summary>Gives the first so many waiting launches nodes of their own, one for each op and layer in a row.</summary>
    private void Outside(int count)
    {
        NodeRecord? node = null;
        foreach (var launch in waiting[..count])
        {
            var (layer, op) = (launch.Launch.Layer, launch.Launch.Op);
            if (node?.Op != op || node.Layer != layer)
                nodes.Add(node = new NodeRecord(nodes.Count, op, layer) { Name = Unique(layer.Length == 0 || layer == op ? op : $"{layer}.{op}") });
            node.Forward.Add(launch);
        }
        waiting.RemoveRange(0, count);
    }
}
