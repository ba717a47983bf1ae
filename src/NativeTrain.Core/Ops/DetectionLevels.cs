using static NativeTrain.Core.Ops.Require;

namespace NativeTrain.Core.Ops;

/// <summary>The shapes that the ops of a detection head have in common.</summary>
internal static class DetectionLevels
{
    /// <summary>Room for levels in the native library's arguments.</summary>
    public const int MostLevels = 8;

    /// <summary>Checks that the levels fit together; returns the cells of an image, Σ h·w.</summary>
    /// <exception cref="ArgumentException">They do not.</exception>
    public static int Check(IReadOnlyList<Tensor> box, IReadOnlyList<Tensor> cls, IReadOnlyList<int> strides, int regMax)
    {
        ArgumentNullException.ThrowIfNull(box);
        ArgumentNullException.ThrowIfNull(cls);
        ArgumentNullException.ThrowIfNull(strides);
        if (box.Count == 0 || box.Count != cls.Count || box.Count != strides.Count)
            throw new ArgumentException($"a head has as many box maps, class maps and strides as levels, not {box.Count}, {cls.Count} and {strides.Count}");
        if (box.Count > MostLevels) throw new ArgumentException($"a head has at most {MostLevels} levels, not {box.Count}");
        foreach (var map in box.Concat(cls)) RequireF32("detection", map);
        int cells = 0;
        for (int l = 0; l < box.Count; l++)
        {
            Shape b = box[l].Shape, c = cls[l].Shape;
            if (b.Rank != 4 || b.C != 4 * regMax) throw new ArgumentException($"level {l}: box logits are [N, h, w, {4 * regMax}], not {b}");
            if (c != b.WithC(cls[0].C)) throw new ArgumentException($"level {l}: class logits are {b.WithC(cls[0].C)}, not {c}");
            if (b[0] != box[0].Shape[0]) throw new ArgumentException($"level {l} has {b[0]} images, level 0 {box[0].Shape[0]}");
            if (!box[l].IsDense || !cls[l].IsDense) throw new ArgumentException($"level {l}: logits must be dense");
            cells += b[1] * b[2];
        }
        return cells;
    }
}
