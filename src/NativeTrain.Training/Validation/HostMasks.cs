using NativeTrain.Core;
using NativeTrain.Vision.Detect;
using NativeTrain.Vision.Models;

namespace NativeTrain.Training;

/// <summary>A batch's mask coefficients and prototypes in host memory, for masks of the few cells that are kept.</summary>
internal sealed class HostMasks
{
    private readonly float[] prototypes;
    private readonly float[][] levels;
    private readonly int[] cells;
    private readonly int height, width, count;

    public HostMasks(IBackend backend, SegmentOutput output)
    {
        prototypes = backend.ToFloats(output.Prototypes);
        levels = [.. output.Coefficients.Select(backend.ToFloats)];
        cells = [.. output.Coefficients.Select(c => c.Shape[1] * c.Shape[2])];
        (height, width, count) = (output.Prototypes.Shape[1], output.Prototypes.Shape[2], output.Prototypes.C);
    }

    /// <summary>What makes the masks of one image.</summary>
    public MaskAssembly Assembly(int image) =>
        new(prototypes.AsMemory(image * height * width * count, height * width * count), height, width);

    /// <summary>[anchors, count]: the coefficients of some of an image's cells, which are numbered level after level.</summary>
    public float[] Coefficients(int image, IReadOnlyList<int> anchors)
    {
        var rows = new float[anchors.Count * count];
        for (int i = 0; i < anchors.Count; i++)
        {
            int level = 0, cell = anchors[i];
            while (cell >= cells[level]) cell -= cells[level++];
            levels[level].AsSpan((image * cells[level] + cell) * count, count).CopyTo(rows.AsSpan(i * count));
        }
        return rows;
    }
}
