using System.Runtime.InteropServices;

namespace NativeTrain.Core.Tests.Ops;

/// <summary>A random detection head and its objects, on the backend and in the dense double implementation.</summary>
internal sealed class DetectionCase : IDisposable
{
    private readonly IBackend backend;

    public IReadOnlyList<DenseDetectionLoss.Level> Levels { get; }
    public int[] Strides { get; }
    public int N { get; }
    public int Nc { get; }
    public int Bins { get; }
    public float[] Targets { get; }
    public Tensor[] Box { get; }
    public Tensor[] Cls { get; }
    public DenseDetectionLoss Dense { get; }

    /// <param name="backend">Where the tensors live.</param>
    /// <param name="levels">Of the head.</param>
    /// <param name="n">Images.</param>
    /// <param name="nc">Classes.</param>
    /// <param name="objects">Random boxes over the whole batch.</param>
    /// <param name="seed">Of the random numbers.</param>
    /// <param name="targets">Instead of random boxes.</param>
    /// <param name="bins">Of a side's distance.</param>
    public DetectionCase(IBackend backend, IReadOnlyList<DenseDetectionLoss.Level> levels, int n, int nc, int objects, int seed, float[]? targets = null, int bins = 16)
    {
        this.backend = backend;
        var random = new Random(seed);
        (Levels, N, Nc, Bins) = (levels, n, nc, bins);
        Strides = [.. levels.Select(l => l.Stride)];
        // Logits that fall by log(1 + 1/m) a bin expect a distance of m: a quarter of the map, so that predicted boxes resemble objects.
        float[][] box = [.. levels.Select(l => Values(n * l.H * l.W * 4 * Bins, i => (float)(2 * random.NextDouble() - Math.Log(1 + 4.0 / l.W) * (i % Bins))))];
        float[][] cls = [.. levels.Select(l => Values(n * l.H * l.W * nc, _ => (float)(4 * random.NextDouble() - 3)))];
        Targets = targets ?? [.. Enumerable.Range(0, objects).SelectMany(_ => RandomBox(random))];
        Box = [.. levels.Select((l, i) => Upload(backend, new Shape(n, l.H, l.W, 4 * Bins), box[i]))];
        Cls = [.. levels.Select((l, i) => Upload(backend, new Shape(n, l.H, l.W, nc), cls[i]))];
        Dense = new DenseDetectionLoss(levels, n, nc, Bins, box, cls);
    }

    private static float[] Values(int count, Func<int, float> value) => [.. Enumerable.Range(0, count).Select(value)];

    private float[] RandomBox(Random random)
    {
        double w = 0.05 + 0.9 * random.NextDouble(), h = 0.05 + 0.9 * random.NextDouble();
        return [random.Next(N), random.Next(Nc), (float)(w / 2 + (1 - w) * random.NextDouble()), (float)(h / 2 + (1 - h) * random.NextDouble()), (float)w, (float)h];
    }

    private static Tensor Upload(IBackend backend, Shape shape, float[] values)
    {
        var t = Tensor.Create(backend, shape);
        t.RequiresGrad = true;
        backend.Upload(MemoryMarshal.AsBytes<float>(values), t);
        return t;
    }

    /// <summary>Gradients that arrived at <see cref="Box"/> or <see cref="Cls"/>, as the dense layout [n, cells, c].</summary>
    public float[] Gradient(Tensor[] maps)
    {
        int c = maps[0].C;
        float[][] levels = [.. maps.Select(m => backend.ToFloats(m.Grad!))];
        return [.. Enumerable.Range(0, N).SelectMany(image => levels.SelectMany((m, l) =>
            m.AsSpan(image * Levels[l].H * Levels[l].W * c, Levels[l].H * Levels[l].W * c).ToArray()))];
    }

    public void Dispose()
    {
        foreach (var t in Box.Concat(Cls)) t.Dispose();
    }
}
