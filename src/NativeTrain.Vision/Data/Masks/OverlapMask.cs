namespace NativeTrain.Vision.Data;

/// <summary>
/// Draws all instances of a picture into one map at a quarter of its size: 0 background, j + 1 instance j, instances
/// numbered by falling area and drawn in that order, so that the smaller lies on top. Holds scratch memory: one a thread.
/// </summary>
internal sealed class OverlapMask
{
    /// <summary>Pixels a cell: the prototypes, which the masks are compared with, have this stride.</summary>
    public const int Cell = 4;

    private readonly PolygonRaster raster = new();
    private readonly List<MaskRun> runs = [];

    /// <param name="outlines">The instances' polygons, in pixels of the picture.</param>
    /// <param name="height">Rows of the picture, a multiple of 4.</param>
    /// <param name="width">Columns of the picture, a multiple of 4.</param>
    /// <param name="map">[height/4, width/4], overwritten.</param>
    /// <returns>Which outline is instance 0, 1, …; where areas are equal, the one that comes first.</returns>
    public int[] Encode(IReadOnlyList<float[]> outlines, int height, int width, Span<int> map)
    {
        int rows = height / Cell, columns = width / Cell;
        map = map[..(rows * columns)];
        map.Clear();
        runs.Clear();
        var areas = new int[outlines.Count];
        var starts = new int[outlines.Count + 1];
        for (int i = 0; i < areas.Length; i++)
        {
            areas[i] = raster.Fill(outlines[i], rows, columns, Cell, runs);
            starts[i + 1] = runs.Count;
        }
        int[] order = [.. Enumerable.Range(0, areas.Length).OrderByDescending(i => areas[i])];
        for (int j = 0; j < order.Length; j++)
            for (int r = starts[order[j]]; r < starts[order[j] + 1]; r++)
                map.Slice(runs[r].Row * columns + runs[r].Start, runs[r].End - runs[r].Start).Fill(j + 1);
        return order;
    }
}
