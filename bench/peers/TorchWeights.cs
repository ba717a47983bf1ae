using System.Runtime.InteropServices;
using NativeTrain.Nn;
using TorchSharp;
using static TorchSharp.torch;

namespace NativeTrain.Peers;

/// <summary>
/// A model's tensors in libtorch, from a safetensors file. A tensor of rank 4 lies in memory as channels_last: OHWI numbers seen
/// as OIHW, which is what `module.to(memory_format=torch.channels_last)` makes of it.
/// </summary>
internal sealed class TorchWeights
{
    private readonly Dictionary<string, Tensor> tensors = [];
    private readonly List<string> learned = [];

    /// <param name="file">Weights under the reference's names, convolutions OIHW.</param>
    public TorchWeights(TensorFile file)
    {
        foreach (var entry in file.Entries)
        {
            if (entry.Name.EndsWith("num_batches_tracked", StringComparison.Ordinal) || entry.Name.EndsWith("dfl.conv.weight", StringComparison.Ordinal)) continue;
            bool statistic = entry.Name.Contains(".running_", StringComparison.Ordinal);
            long[] shape = [.. Enumerable.Range(0, entry.Shape.Rank).Select(d => (long)entry.Shape[d])];
            var t = tensor(entry.ToFloats(), shape);
            if (shape.Length == 4) t = t.permute(0, 2, 3, 1).contiguous().permute(0, 3, 1, 2);
            tensors[entry.Name] = t.detach().requires_grad_(!statistic);
            if (!statistic) learned.Add(entry.Name);
        }
    }

    public Tensor this[string name] => tensors[name];
    public bool Has(string name) => tensors.ContainsKey(name);

    /// <summary>Parameters and running statistics, in one order.</summary>
    public Tensor[] All => [.. tensors.Values];

    /// <summary>What is learned: the convolutions' weights, which decay, or the rest, which does not.</summary>
    public Tensor[] Learned(bool decaying) => [.. learned.Where(name => tensors[name].dim() == 4 == decaying).Select(name => tensors[name])];
}
