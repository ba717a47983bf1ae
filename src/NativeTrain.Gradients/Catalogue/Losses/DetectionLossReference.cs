using System.Runtime.InteropServices;
using NativeTrain.Core;
using NativeTrain.Core.Ops;

namespace NativeTrain.Gradients;

/// <summary>
/// The detection loss in double, plainly, for a fixed assignment. The op promises the gradient with the assigner's
/// targets and CIoU's α held constant, so both are taken at the present logits (the targets from the op itself).
/// </summary>
internal sealed class DetectionLossReference
{
    private readonly record struct Target(double X1, double Y1, double X2, double Y2, double Score, int Class);

    private readonly Shape[] box;
    private readonly int[] strides;
    private readonly int classes;
    private readonly DetectionLossOptions options;
    private readonly Target[] targets;
    private readonly double normalizer;

    /// <summary>α of every assigned cell, by its place in <see cref="targets"/>; filled by the first evaluation.</summary>
    private readonly Dictionary<int, double> alphas = [];

    public DetectionLossReference(IBackend backend, IReadOnlyList<Tensor> box, IReadOnlyList<Tensor> cls, IReadOnlyList<int> strides, float[] rows, DetectionLossOptions? options = null)
    {
        this.box = [.. box.Select(b => b.Shape)];
        this.strides = [.. strides];
        this.options = options ?? new DetectionLossOptions();
        classes = cls[0].C;
        Assigned = Assign(backend, box, cls, rows);
        targets = [.. Assigned.Chunk(7).Select(c => new Target(c[0], c[1], c[2], c[3], c[4], (int)c[5]))];
        normalizer = Math.Max(targets.Where(t => t.Class >= 0).Sum(t => t.Score), 1);
    }

    /// <summary>[N, A, 7]: <see cref="DetectionLossArgs.Saved"/>.</summary>
    public float[] Assigned { get; }

    /// <summary>n·(7.5·Σ w·(1−CIoU) + 0.5·Σ bce + 1.5·Σ w·dfl) / max(Σ w, 1); logits are box, cls of level 0, box, cls of level 1, …</summary>
    public double Value(double[][] logits)
    {
        double ciou = 0, bce = 0, dfl = 0;
        int cellsOfImage = box.Sum(b => b[1] * b[2]), n = box[0][0];
        for (int image = 0; image < n; image++)
        {
            int target = image * cellsOfImage;
            for (int level = 0; level < box.Length; level++)
            {
                int w = box[level][2], cells = box[level][1] * w;
                for (int cell = 0; cell < cells; cell++, target++)
                {
                    int pixel = image * cells + cell;
                    var t = targets[target];
                    for (int c = 0; c < classes; c++)
                    {
                        double x = logits[2 * level + 1][pixel * classes + c];
                        bce += Math.Log(1 + Math.Exp(x)) - (c == t.Class ? t.Score * x : 0);
                    }
                    if (t.Class < 0) continue;
                    var sides = logits[2 * level].AsSpan(pixel * 4 * options.RegMax, 4 * options.RegMax);
                    double cx = cell % w + 0.5, cy = cell / w + 0.5, s = strides[level];
                    ciou += t.Score * (1 - Ciou(target, sides, cx, cy, t.X1 / s, t.Y1 / s, t.X2 / s, t.Y2 / s));
                    dfl += t.Score * Dfl(sides, [cx - t.X1 / s, cy - t.Y1 / s, t.X2 / s - cx, t.Y2 / s - cy]);
                }
            }
        }
        return n * (options.BoxGain * ciou + options.ClsGain * bce + options.DflGain * dfl) / normalizer;
    }

    /// <summary>CIoU of the decoded box and (x1, y1, x2, y2), in cells: IoU − ρ²/c² − α·v (Zheng et al. 2020).</summary>
    private double Ciou(int target, Span<double> sides, double cx, double cy, double x1, double y1, double x2, double y2)
    {
        double px1 = cx - Expectation(sides, 0), py1 = cy - Expectation(sides, 1), px2 = cx + Expectation(sides, 2), py2 = cy + Expectation(sides, 3);
        double overlap = Math.Max(0, Math.Min(px2, x2) - Math.Max(px1, x1)) * Math.Max(0, Math.Min(py2, y2) - Math.Max(py1, y1));
        double iou = overlap / ((px2 - px1) * (py2 - py1) + (x2 - x1) * (y2 - y1) - overlap);
        double cw = Math.Max(px2, x2) - Math.Min(px1, x1), ch = Math.Max(py2, y2) - Math.Min(py1, y1);
        double dx = (px1 + px2 - x1 - x2) / 2, dy = (py1 + py2 - y1 - y2) / 2;
        double angle = Math.Atan((x2 - x1) / (y2 - y1)) - Math.Atan((px2 - px1) / (py2 - py1));
        double v = 4 / (Math.PI * Math.PI) * angle * angle;
        if (!alphas.TryGetValue(target, out double alpha)) alphas[target] = alpha = v / (1 - iou + v);
        return iou - (dx * dx + dy * dy) / (cw * cw + ch * ch) - alpha * v;
    }

    /// <summary>Cross-entropy to the two bins beside each distance, weighted by nearness; mean of the four sides (Li et al. 2020).</summary>
    private double Dfl(Span<double> sides, double[] distances)
    {
        double sum = 0;
        for (int side = 0; side < 4; side++)
        {
            double d = Math.Clamp(distances[side], 0, options.RegMax - 1 - 0.01);
            int left = (int)d;
            var x = sides.Slice(side * options.RegMax, options.RegMax);
            double logSum = 0;
            foreach (double e in x) logSum += Math.Exp(e);
            logSum = Math.Log(logSum);
            sum += (logSum - x[left]) * (left + 1 - d) + (logSum - x[left + 1]) * (d - left);
        }
        return sum / 4;
    }

    /// <summary>Σ i·softmax(x)_i of one side's bins.</summary>
    private double Expectation(Span<double> sides, int side)
    {
        double weighted = 0, sum = 0;
        for (int i = 0; i < options.RegMax; i++)
        {
            double e = Math.Exp(sides[side * options.RegMax + i]);
            weighted += i * e;
            sum += e;
        }
        return weighted / sum;
    }

    /// <summary>The op's own assignment at the present logits (<see cref="DetectionLossArgs.Saved"/>).</summary>
    private float[] Assign(IBackend backend, IReadOnlyList<Tensor> boxes, IReadOnlyList<Tensor> cls, float[] rows)
    {
        int cells = box.Sum(b => b[1] * b[2]);
        using var target = Tensor.Create(backend, new Shape(rows.Length / 6, 6));
        using var items = Tensor.Create(backend, new Shape(3));
        using var loss = Tensor.Create(backend, new Shape(1));
        using var saved = Tensor.Create(backend, new Shape(box[0][0], cells, 7));
        if (rows.Length > 0) backend.Upload(MemoryMarshal.AsBytes(rows.AsSpan()), target);
        backend.DetectionLossForward(new DetectionLossArgs
        {
            Box = boxes, Cls = cls, Strides = strides, Targets = target, Items = items, Loss = loss, Saved = saved,
            Options = options,
        });
        return backend.ToFloats(saved);
    }
}
