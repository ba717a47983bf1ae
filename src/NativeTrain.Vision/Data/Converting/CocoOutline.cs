using System.Text.Json;
using NativeTrain.Vision.Detect;

namespace NativeTrain.Vision.Data.Converting;

/// <summary>
/// COCO's ways to tell an object's shape: a list of polygons [[x1, y1, …], …], one for each piece, or a run-length mask
/// {size: [height, width], counts: [runs] or "compressed runs"}, which is traced.
/// </summary>
internal static class CocoOutline
{
    /// <summary>One polygon in pixels; null where nothing spans an area.</summary>
    /// <exception cref="Core.InputException">It is neither, or damaged.</exception>
    public static float[]? Read(JsonPlace segmentation, int height, int width)
    {
        float[][] pieces = segmentation.Value.ValueKind == JsonValueKind.Object
            ? [.. MaskOutline.All(Mask(segmentation, height, width)).Select(MaskOutline.Simplified)]
            : [.. segmentation.Items().Select(Polygon).Where(p => PolygonArea.Signed(p) != 0)];
        return pieces.Length == 0 ? null : PolygonJoin.Join(pieces);
    }

    private static float[] Polygon(JsonPlace list)
    {
        float[] points = [.. list.Items().Select(n => n.Number())];
        return points.Length % 2 == 0 ? points : throw list.Wrong("a polygon has an even number of coordinates");
    }

    private static BitMask Mask(JsonPlace mask, int height, int width)
    {
        var size = mask.Get("size");
        if (size.Items().Select(n => n.Whole()).ToList() is not [var h, var w] || h != height || w != width)
            throw size.Wrong($"must be the image's height and width, [{height}, {width}]");
        var counts = mask.Get("counts");
        try
        {
            IReadOnlyList<long> runs = counts.Value.ValueKind == JsonValueKind.String
                ? RunLengthMask.Decompress(counts.Text())
                : [.. counts.Items().Select(n => n.Whole())];
            return RunLengthMask.FromRuns(runs, height, width);
        }
        catch (FormatException e)
        {
            throw counts.Wrong(e.Message);
        }
    }
}
