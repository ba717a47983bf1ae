using NativeTrain.Core;

namespace NativeTrain.Training;

/// <summary>Between this program's arrays and the reference's: channels last here, first there.</summary>
internal static class ReferenceLayout
{
    /// <summary>The elements of [N, …, C], in the order of [N, C, …].</summary>
    public static float[] ChannelsFirst(IBackend backend, Tensor t) =>
        Exchange(backend.ToFloats(t), t.Shape[0], (int)(t.Rows / t.Shape[0]), t.C);

    /// <summary>Tensors of equal N and C as one: [N, all pixels of the first, then of the next, …, C].</summary>
    public static float[] JoinPixels(IBackend backend, IReadOnlyList<Tensor> parts)
    {
        int n = parts[0].Shape[0];
        var values = parts.Select(backend.ToFloats).ToArray();
        return [.. Enumerable.Range(0, n).SelectMany(i => values.SelectMany(v => v.AsSpan(i * (v.Length / n), v.Length / n).ToArray()))];
    }

    /// <summary>Arrays of equal rows as one whose rows are theirs, end to end.</summary>
    public static float[] JoinChannels(params (float[] Values, int Channels)[] parts)
    {
        int rows = parts[0].Values.Length / parts[0].Channels, all = parts.Sum(p => p.Channels), begin = 0;
        var joined = new float[rows * all];
        foreach (var (values, channels) in parts)
        {
            for (int r = 0; r < rows; r++) values.AsSpan(r * channels, channels).CopyTo(joined.AsSpan(r * all + begin));
            begin += channels;
        }
        return joined;
    }

    /// <summary>[n][a][b] → [n][b][a].</summary>
    public static float[] Exchange(float[] x, int n, int a, int b)
    {
        var y = new float[x.Length];
        for (int i = 0; i < n; i++)
            for (int j = 0; j < a; j++)
                for (int k = 0; k < b; k++)
                    y[(i * b + k) * a + j] = x[(i * a + j) * b + k];
        return y;
    }
}
