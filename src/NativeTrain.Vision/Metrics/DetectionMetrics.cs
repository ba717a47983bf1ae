using NativeTrain.Vision.Detect;

namespace NativeTrain.Vision.Metrics;

/// <summary>Collects the detections of a validation, image by image, and computes precision, recall, F1 and AP: one collector for boxes, and where the task is to segment another for masks.</summary>
public sealed class DetectionMetrics
{
    private const double Eps = 1e-16; // against 0 / 0
    private const double SmoothedFraction = 0.1;

    /// <summary>A detection as the metrics need it: its confidence and the thresholds it is right at.</summary>
    private readonly record struct Scored(float Confidence, ushort Right);

    private readonly IReadOnlyList<string> names;
    private readonly List<Scored>[] scored;
    private readonly int[] instances, imagesWith;
    private int images;

    /// <param name="names">The classes' names.</param>
    public DetectionMetrics(IReadOnlyList<string> names)
    {
        ArgumentNullException.ThrowIfNull(names);
        this.names = names;
        scored = [.. names.Select(_ => new List<Scored>())];
        instances = new int[names.Count];
        imagesWith = new int[names.Count];
    }

    /// <summary>Adds one image: what was found (in any order) and what is there, in the same coordinates; boxes are matched.</summary>
    public void Add(IReadOnlyList<Detection> found, IReadOnlyList<TruthBox> truth) =>
        Add(found, truth, (d, t) => BoxOverlap.Iou(found[d], truth[t]));

    /// <summary>Adds one image whose masks are matched.</summary>
    /// <param name="found">What was found, in any order.</param>
    /// <param name="truth">What is there.</param>
    /// <param name="maskIou">[found, truth], from <see cref="MaskOverlap.Matrix"/>.</param>
    public void Add(IReadOnlyList<Detection> found, IReadOnlyList<TruthBox> truth, float[,] maskIou)
    {
        ArgumentNullException.ThrowIfNull(maskIou);
        Add(found, truth, (d, t) => maskIou[d, t]);
    }

    private void Add(IReadOnlyList<Detection> found, IReadOnlyList<TruthBox> truth, Func<int, int, float> iou)
    {
        ArgumentNullException.ThrowIfNull(found);
        ArgumentNullException.ThrowIfNull(truth);
        images++;
        int[] order = [.. Enumerable.Range(0, found.Count).OrderByDescending(d => found[d].Confidence)];
        Detection[] byConfidence = [.. order.Select(d => found[d])];
        ushort[] right = Matching.TruePositives(byConfidence, truth, (d, t) => iou(order[d], t));
        for (int i = 0; i < right.Length; i++) scored[byConfidence[i].Class].Add(new Scored(byConfidence[i].Confidence, right[i]));
        foreach (var group in truth.GroupBy(t => t.Class))
        {
            instances[group.Key] += group.Count();
            imagesWith[group.Key]++;
        }
    }

    public DetectionReport Compute()
    {
        int[] present = [.. Enumerable.Range(0, names.Count).Where(c => instances[c] > 0)];
        ClassCurves[] curves = [.. present.Select(c => new ClassCurves(scored[c], instances[c]))];

        double[] meanF1 = new double[DetectionReport.Confidences.Count];
        foreach (var c in curves)
            for (int i = 0; i < meanF1.Length; i++)
                meanF1[i] += c.F1[i] / curves.Length;
        int best = Curve.ArgMax(Curve.Smooth(meanF1, SmoothedFraction));

        return new DetectionReport
        {
            Classes = [.. present.Zip(curves, (c, curve) => new ClassReport
            {
                Class = c,
                Name = names[c],
                Images = imagesWith[c],
                Instances = instances[c],
                Precision = curve.Precision[best],
                Recall = curve.Recall[best],
                F1 = curve.F1[best],
                Ap = curve.Ap,
                PrecisionCurve = curve.Precision,
                RecallCurve = curve.Recall,
                F1Curve = curve.F1,
                PrecisionByRecall = curve.PrecisionByRecall,
            })],
            Images = images,
            Instances = instances.Sum(),
            Confidence = DetectionReport.Confidences[best],
        };
    }

    /// <summary>One class's curves; all zero where nothing of the class was found.</summary>
    private sealed class ClassCurves
    {
        public double[] Precision { get; } = new double[DetectionReport.Confidences.Count];
        public double[] Recall { get; } = new double[DetectionReport.Confidences.Count];
        public double[] F1 { get; } = new double[DetectionReport.Confidences.Count];
        public double[] PrecisionByRecall { get; } = new double[DetectionReport.Recalls.Count];
        public double[] Ap { get; } = new double[Matching.Thresholds.Count];

        public ClassCurves(List<Scored> found, int objects)
        {
            if (found.Count == 0) return;
            Scored[] byConfidence = [.. found.OrderByDescending(s => s.Confidence)];
            double[] falling = [.. byConfidence.Select(s => -(double)s.Confidence)];
            for (int t = 0; t < Ap.Length; t++)
            {
                var curve = new PrecisionRecall([.. byConfidence.Select(s => (s.Right >> t & 1) != 0)], objects);
                Ap[t] = curve.AveragePrecision();
                if (t == 0) Sample(curve, falling);
            }
        }

        private void Sample(PrecisionRecall curve, double[] falling)
        {
            for (int i = 0; i < F1.Length; i++)
            {
                (Precision[i], Recall[i]) = curve.At(DetectionReport.Confidences[i], falling);
                F1[i] = 2 * Precision[i] * Recall[i] / (Precision[i] + Recall[i] + Eps);
            }
            for (int i = 0; i < PrecisionByRecall.Length; i++)
                PrecisionByRecall[i] = curve.PrecisionAt(DetectionReport.Recalls[i]);
        }
    }
}
