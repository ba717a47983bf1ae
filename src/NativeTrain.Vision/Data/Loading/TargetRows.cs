namespace NativeTrain.Vision.Data;

/// <summary>Collects a batch's targets, image by image, and where the task has masks draws them and puts the rows in their order.</summary>
/// <param name="images">Images of the batch.</param>
/// <param name="height">Rows of a picture.</param>
/// <param name="width">Columns of a picture.</param>
/// <param name="overlap">Draws the masks; null where there are none.</param>
internal sealed class TargetRows(int images, int height, int width, OverlapMask? overlap)
{
    private const int Columns = 6;

    private readonly List<float> rows = [];
    private readonly List<float[]> outlines = [];
    private readonly int cells = height / OverlapMask.Cell * (width / OverlapMask.Cell);
    private readonly int[]? masks = overlap is null ? null : new int[images * (height / OverlapMask.Cell) * (width / OverlapMask.Cell)];

    public float[] Rows => [.. rows];
    public int[]? Masks => masks;
    public IReadOnlyList<float[]>? Polygons => masks is null ? null : outlines;

    /// <summary>Adds one object: its box normalised to 0…1, its outline in pixels of the picture.</summary>
    public void Add(int image, int kind, float x, float y, float w, float h, float[]? outline)
    {
        rows.AddRange([image, kind, x, y, w, h]);
        if (masks is not null) outlines.Add(outline ?? throw new ArgumentNullException(nameof(outline)));
    }

    /// <summary>All objects of an image are there; images end in their order.</summary>
    public void EndImage(int image)
    {
        if (masks is null) return;
        int count = 0;
        while (count < outlines.Count && rows[Columns * (outlines.Count - 1 - count)] == image) count++;
        int first = outlines.Count - count;
        float[][] mine = [.. outlines[first..]];
        float[] unordered = [.. rows[(Columns * first)..]];
        int[] order = overlap!.Encode(mine, height, width, masks.AsSpan(image * cells, cells));
        for (int j = 0; j < count; j++)
        {
            outlines[first + j] = mine[order[j]];
            for (int c = 0; c < Columns; c++) rows[Columns * (first + j) + c] = unordered[Columns * order[j] + c];
        }
    }
}
