namespace NativeTrain.Core.Tests.Ops;

/// <summary>
/// The detection loss written a second time, in double, over full tables of cells × objects, straight from its
/// definition: what the native kernel is compared with.
/// </summary>
internal sealed class DenseDetectionLoss
{
    public sealed record Level(int H, int W, int Stride);
    public readonly record struct Box(double X1, double Y1, double X2, double Y2)
    {
        public Box Times(double f) => new(X1 * f, Y1 * f, X2 * f, Y2 * f);
        public double Angle => Math.Atan((X2 - X1) / (Y2 - Y1 + Eps));
    }
    public readonly record struct CellTarget(Box Box, double Score, int Class);

    private const double Eps = 1e-7;
    private readonly int n, nc, bins;
    private readonly (int Level, int Column, int Row, int Stride)[] cells;

    /// <summary>Box logits [n, cells, 4·bins].</summary>
    public double[] BoxLogits { get; }
    /// <summary>Class logits [n, cells, nc].</summary>
    public double[] ClsLogits { get; }

    public DenseDetectionLoss(IReadOnlyList<Level> levels, int n, int nc, int bins, float[][] box, float[][] cls)
    {
        (this.n, this.nc, this.bins) = (n, nc, bins);
        cells = [.. levels.SelectMany((v, l) => Enumerable.Range(0, v.H * v.W).Select(i => (l, i % v.W, i / v.W, v.Stride)))];
        BoxLogits = Join(levels, box, 4 * bins);
        ClsLogits = Join(levels, cls, nc);
    }

    public int Cells => cells.Length;

    // Level by level [n, h·w, c] → [n, all cells, c].
    private double[] Join(IReadOnlyList<Level> levels, float[][] x, int c) =>
        [.. Enumerable.Range(0, n).SelectMany(i => levels.SelectMany((v, l) => x[l].Skip(i * v.H * v.W * c).Take(v.H * v.W * c).Select(f => (double)f)))];

    private static double LogSumExp(ReadOnlySpan<double> x)
    {
        double max = double.NegativeInfinity, sum = 0;
        foreach (double v in x) max = Math.Max(max, v);
        foreach (double v in x) sum += Math.Exp(v - max);
        return max + Math.Log(sum);
    }

    private ReadOnlySpan<double> Side(int image, int cell, int side) =>
        BoxLogits.AsSpan(((image * Cells + cell) * 4 + side) * bins, bins);

    private double Distance(int image, int cell, int side)
    {
        var x = Side(image, cell, side);
        double log = LogSumExp(x), d = 0;
        for (int i = 0; i < bins; i++) d += i * Math.Exp(x[i] - log);
        return d;
    }

    /// <summary>A cell's predicted box, in cells.</summary>
    public Box Predicted(int image, int cell)
    {
        double x = cells[cell].Column + 0.5, y = cells[cell].Row + 0.5;
        return new Box(x - Distance(image, cell, 0), y - Distance(image, cell, 1), x + Distance(image, cell, 2), y + Distance(image, cell, 3));
    }

    public double Probability(int image, int cell, int cls) => 1 / (1 + Math.Exp(-ClsLogits[(image * Cells + cell) * nc + cls]));

    private static (double Iou, double Distance, double V, double Alpha) CiouTerms(Box p, Box t)
    {
        double w = Math.Max(0, Math.Min(p.X2, t.X2) - Math.Max(p.X1, t.X1));
        double h = Math.Max(0, Math.Min(p.Y2, t.Y2) - Math.Max(p.Y1, t.Y1));
        double union = (p.X2 - p.X1) * (p.Y2 - p.Y1 + Eps) + (t.X2 - t.X1) * (t.Y2 - t.Y1 + Eps) - w * h + Eps;
        double iou = w * h / union;
        double cw = Math.Max(p.X2, t.X2) - Math.Min(p.X1, t.X1), ch = Math.Max(p.Y2, t.Y2) - Math.Min(p.Y1, t.Y1);
        double dx = (p.X1 + p.X2 - t.X1 - t.X2) / 2, dy = (p.Y1 + p.Y2 - t.Y1 - t.Y2) / 2;
        double v = 4 / (Math.PI * Math.PI) * Math.Pow(p.Angle - t.Angle, 2);
        return (iou, (dx * dx + dy * dy) / (cw * cw + ch * ch + Eps), v, v / (v - iou + 1 + Eps));
    }

    private static double Ciou(Box p, Box t)
    {
        var c = CiouTerms(p, t);
        return c.Iou - c.Distance - c.Alpha * c.V;
    }

    /// <summary>The assigner, over full tables: [n][cells], null where background.</summary>
    public CellTarget?[][] Assign(float[] targets, int topk = 10)
    {
        double width = cells.Where(c => c.Level == 0).Max(c => (c.Column + 1) * c.Stride), height = cells.Where(c => c.Level == 0).Max(c => (c.Row + 1) * c.Stride);
        var result = new CellTarget?[n][];
        for (int image = 0; image < n; image++)
        {
            var truths = targets.Chunk(6).Where(r => (int)r[0] == image).Select(r => (Class: (int)r[1], Box: new Box(
                (r[2] - r[4] / 2) * width, (r[3] - r[5] / 2) * height, (r[2] + r[4] / 2) * width, (r[3] + r[5] / 2) * height))).ToArray();
            int g = truths.Length;
            double[,] overlap = new double[g, Cells], metric = new double[g, Cells];
            bool[,] claims = new bool[g, Cells];
            for (int t = 0; t < g; t++)
            {
                for (int a = 0; a < Cells; a++)
                {
                    double x = (cells[a].Column + 0.5) * cells[a].Stride, y = (cells[a].Row + 0.5) * cells[a].Stride;
                    var b = truths[t].Box;
                    if (Math.Min(Math.Min(x - b.X1, y - b.Y1), Math.Min(b.X2 - x, b.Y2 - y)) <= 1e-9) continue;
                    overlap[t, a] = Math.Max(0, Ciou(Predicted(image, a).Times(cells[a].Stride), b));
                    metric[t, a] = Math.Pow(Probability(image, a, truths[t].Class), 0.5) * Math.Pow(overlap[t, a], 6);
                }
                int row = t;
                foreach (int a in Enumerable.Range(0, Cells).Where(a => metric[row, a] > 0).OrderByDescending(a => metric[row, a]).Take(topk)) claims[t, a] = true;
            }
            int[] owner = new int[Cells];
            for (int a = 0; a < Cells; a++)
            {
                int[] claimants = [.. Enumerable.Range(0, g).Where(t => claims[t, a])];
                owner[a] = claimants.Length switch { 0 => -1, 1 => claimants[0], _ => Enumerable.Range(0, g).MaxBy(t => overlap[t, a]) };
            }
            result[image] = new CellTarget?[Cells];
            for (int t = 0; t < g; t++)
            {
                int[] own = [.. Enumerable.Range(0, Cells).Where(a => owner[a] == t)];
                if (own.Length == 0) continue;
                double bestMetric = own.Max(a => metric[t, a]), bestOverlap = own.Max(a => overlap[t, a]);
                foreach (int a in own)
                    result[image][a] = new CellTarget(truths[t].Box, metric[t, a] / (bestMetric + 1e-9) * bestOverlap, truths[t].Class);
            }
        }
        return result;
    }

    /// <summary>CIoU's α of every assigned cell, which the gradient holds constant.</summary>
    public double[][] Alphas(CellTarget?[][] assigned) =>
        [.. assigned.Select((image, i) => image.Select((t, a) => t is { } v ? CiouTerms(Predicted(i, a), v.Box.Times(1.0 / cells[a].Stride)).Alpha : 0).ToArray())];

    /// <summary>The three terms with their gains, for a given assignment.</summary>
    public (double Box, double Cls, double Dfl) Items(CellTarget?[][] assigned, double[][] alphas)
    {
        double box = 0, cls = 0, dfl = 0, scores = 0;
        for (int image = 0; image < n; image++)
            for (int a = 0; a < Cells; a++)
            {
                var target = assigned[image][a];
                for (int c = 0; c < nc; c++)
                {
                    double x = ClsLogits[(image * Cells + a) * nc + c], t = target?.Class == c ? target.Value.Score : 0;
                    cls += Math.Max(x, 0) - x * t + Math.Log(1 + Math.Exp(-Math.Abs(x)));
                }
                if (target is not { } positive) continue;
                scores += positive.Score;
                var b = positive.Box.Times(1.0 / cells[a].Stride);
                var f = CiouTerms(Predicted(image, a), b);
                box += positive.Score * (1 - (f.Iou - f.Distance - alphas[image][a] * f.V));
                double x0 = cells[a].Column + 0.5, y0 = cells[a].Row + 0.5;
                double[] distances = [x0 - b.X1, y0 - b.Y1, b.X2 - x0, b.Y2 - y0];
                for (int side = 0; side < 4; side++)
                {
                    var x = Side(image, a, side);
                    double d = Math.Clamp(distances[side], 0, bins - 1 - 0.01);
                    int bin = (int)Math.Floor(d);
                    double log = LogSumExp(x);
                    dfl += positive.Score * ((bin + 1 - d) * (log - x[bin]) + (d - bin) * (log - x[bin + 1])) / 4;
                }
            }
        double sum = Math.Max(scores, 1);
        return (7.5 * box / sum, 0.5 * cls / sum, 1.5 * dfl / sum);
    }
}
