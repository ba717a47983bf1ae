using System.Buffers;

namespace NativeTrain.Vision.Detect;

/// <summary>
/// Greedy non-maximum suppression: the most confident candidate is kept, and every later one of its class that
/// overlaps a kept one too much is dropped. Candidates of equal score keep the order of their anchors and classes.
/// </summary>
public static class Nms
{
    /// <summary>Candidates that enter the suppression, the most confident ones, where there are more.</summary>
    public const int MaxCandidates = 30_000;

    /// <param name="rows">Dense [anchors, 4 + nc]: centre x, centre y, width, height in pixels, then a score 0…1 per class (one image of DetectionDecode's output).</param>
    /// <param name="anchors">Rows.</param>
    /// <param name="nc">Classes.</param>
    /// <param name="conf">A candidate's score must be above this.</param>
    /// <param name="iou">A candidate whose IoU with a kept one is above this is dropped.</param>
    /// <param name="maxDetections">The most that are kept.</param>
    /// <param name="multiLabel">True: an anchor is a candidate for every class above <paramref name="conf"/> (validation); false: for its best class only (prediction).</param>
    /// <param name="agnostic">True: boxes of different classes suppress one another too.</param>
    /// <param name="keptAnchors">Receives for each detection the number of its row, by which its mask coefficients are found; null: not asked for.</param>
    /// <param name="classes">Candidates of other classes are dropped beforehand; null: none.</param>
    /// <returns>What was kept, corners in pixels, by falling confidence.</returns>
    /// <exception cref="ArgumentException">The number of values is not anchors·(4 + nc).</exception>
    public static List<Detection> Run(ReadOnlySpan<float> rows, int anchors, int nc, float conf, float iou, int maxDetections, bool multiLabel, bool agnostic = false, ICollection<int>? keptAnchors = null, IReadOnlyList<int>? classes = null)
    {
        ArgumentOutOfRangeException.ThrowIfLessThan(nc, 1);
        if (rows.Length != (long)anchors * (4 + nc))
            throw new ArgumentException($"{anchors} anchors of 4 + {nc} numbers are {(long)anchors * (4 + nc)} numbers, not {rows.Length}", nameof(rows));
        ulong[] keys = ArrayPool<ulong>.Shared.Rent(checked(anchors * (multiLabel ? nc : 1)));
        try
        {
            int count = multiLabel ? EveryLabel(rows, anchors, nc, conf, keys) : BestLabel(rows, anchors, nc, conf, keys);
            if (classes is not null) count = OfClasses(classes, nc, keys.AsSpan(0, count));
            if (count > MaxCandidates) count = MostConfident(keys.AsSpan(0, count));
            Array.Sort(keys, 0, count);
            return Suppress(rows, nc, keys.AsSpan(0, Math.Min(count, MaxCandidates)), iou, maxDetections, agnostic, keptAnchors);
        }
        finally
        {
            ArrayPool<ulong>.Shared.Return(keys);
        }
    }

    // A candidate is one number that sorts by falling score, then by rising index (anchor·nc + class): the bits of
    // a positive float rise with its value.
    private static ulong Key(float score, int index) => ((ulong)~BitConverter.SingleToUInt32Bits(score) << 32) | (uint)index;
    private static float Score(ulong key) => BitConverter.UInt32BitsToSingle(~(uint)(key >> 32));
    private static int Index(ulong key) => (int)(uint)key;

    private static int EveryLabel(ReadOnlySpan<float> rows, int anchors, int nc, float conf, ulong[] keys)
    {
        int count = 0;
        for (int a = 0; a < anchors; a++)
        {
            var scores = rows.Slice(a * (4 + nc) + 4, nc);
            for (int c = 0; c < scores.Length; c++)
                if (scores[c] > conf)
                    keys[count++] = Key(scores[c], a * nc + c);
        }
        return count;
    }

    private static int BestLabel(ReadOnlySpan<float> rows, int anchors, int nc, float conf, ulong[] keys)
    {
        int count = 0;
        for (int a = 0; a < anchors; a++)
        {
            var scores = rows.Slice(a * (4 + nc) + 4, nc);
            int best = 0;
            for (int c = 1; c < scores.Length; c++)
                if (scores[c] > scores[best])
                    best = c;
            if (scores[best] > conf) keys[count++] = Key(scores[best], a * nc + best);
        }
        return count;
    }

    // Moves the keys of these classes to the front; returns how many they are.
    private static int OfClasses(IReadOnlyList<int> classes, int nc, Span<ulong> keys)
    {
        int count = 0;
        foreach (ulong key in keys)
            if (classes.Contains(Index(key) % nc))
                keys[count++] = key;
        return count;
    }

    // Moves the MaxCandidates smallest keys to the front, with those that share the upper 16 bits of the last of them,
    // so that few of many are sorted; returns how many that are.
    private static int MostConfident(Span<ulong> keys)
    {
        int[] histogram = new int[1 << 16];
        foreach (ulong key in keys) histogram[key >> 48]++;
        int last = 0;
        for (int total = histogram[0]; total < MaxCandidates; total += histogram[last]) last++;
        int count = 0;
        foreach (ulong key in keys)
            if ((int)(key >> 48) <= last)
                keys[count++] = key;
        return count;
    }

    private static List<Detection> Suppress(ReadOnlySpan<float> rows, int nc, ReadOnlySpan<ulong> keys, float iou, int maxDetections, bool agnostic, ICollection<int>? keptAnchors)
    {
        var kept = new List<Detection>(Math.Min(keys.Length, maxDetections));
        // The kept boxes of a class form a chain, latest first: head[class] → next[…] → −1.
        int[] head = new int[agnostic ? 1 : nc];
        Array.Fill(head, -1);
        var next = new List<int>(kept.Capacity);
        foreach (ulong key in keys)
        {
            if (kept.Count >= maxDetections) break;
            var (anchor, cls) = Math.DivRem(Index(key), nc);
            var box = rows.Slice(anchor * (4 + nc), 4);
            float halfW = box[2] / 2, halfH = box[3] / 2;
            var candidate = new Detection(box[0] - halfW, box[1] - halfH, box[0] + halfW, box[1] + halfH, Score(key), cls);
            ref int first = ref head[agnostic ? 0 : cls];
            int k = first;
            while (k >= 0 && !Overlaps(candidate, kept[k], iou)) k = next[k];
            if (k >= 0) continue;
            next.Add(first);
            first = kept.Count;
            kept.Add(candidate);
            keptAnchors?.Add(anchor);
        }
        return kept;
    }

    private static bool Overlaps(in Detection a, in Detection b, float iou) =>
        BoxOverlap.Iou(a.X1, a.Y1, a.X2, a.Y2, b.X1, b.Y1, b.X2, b.Y2) > iou;
}
