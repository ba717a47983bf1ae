using NativeTrain.Core;
using NativeTrain.Vision.Data;

namespace NativeTrain.Training;

/// <summary>
/// A validation of which each process does some batches: what they found is gathered, and every process counts all of it in the batches'
/// order, so that all come to the figures that one process would have come to, to the bit.
/// </summary>
/// <param name="measurement">Looks at this process's batches; counts all.</param>
internal sealed class SharedValidation(Measurement measurement)
{
    private readonly MemoryStream bytes = new();

    /// <summary>A batch was measured: its loss terms, images, objects, and what was found.</summary>
    public void Add(LossItems items, ImageBatch batch)
    {
        using var writer = new BinaryWriter(bytes, System.Text.Encoding.UTF8, leaveOpen: true);
        foreach (double value in items.Values) writer.Write(value);
        writer.Write(batch.N);
        writer.Write(batch.TargetCount);
        byte[] found = measurement.TakeFound();
        writer.Write(found.Length);
        writer.Write(found);
    }

    /// <summary>The mean loss over all batches, their images and objects; <paramref name="like"/> names the terms.</summary>
    public (LossItems Mean, int Images, int Objects) Gather(ICollectives collectives, IValLoader loader, LossItems like)
    {
        var all = collectives.AllGather(bytes.ToArray()).Select(b => new BinaryReader(new MemoryStream(b))).ToList();
        var mean = LossItems.Zero(like.Names);
        int images = 0, objects = 0;
        for (int batch = 0; batch < loader.Batches; batch++)
        {
            var from = all[batch % loader.Shard.Ranks];
            var items = like with { Values = [.. like.Names.Select(_ => from.ReadDouble())] };
            mean = mean.Mean(items, batch);
            images += from.ReadInt32();
            objects += from.ReadInt32();
            measurement.Count(from.ReadBytes(from.ReadInt32()));
        }
        return (mean, images, objects);
    }
}
