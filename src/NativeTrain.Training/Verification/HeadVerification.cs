using NativeTrain.Core;
using NativeTrain.Core.Ops;
using NativeTrain.Vision.Models;
using NativeTrain.Vision.Segment;
using static NativeTrain.Training.ReferenceLayout;

namespace NativeTrain.Training;

/// <summary>Compares what a task's head gives, and its loss, with the reference's: evaluated, and trained.</summary>
internal static class HeadVerification
{
    /// <summary>"eval.pred" (boxes, scores, coefficients by cell) or "eval.prob".</summary>
    public static void Evaluated(Tape tape, HeadOutput head, Comparison comparison)
    {
        switch (head)
        {
            case DetectOutput detect:
                var rows = DetectionDecode.Forward(tape, detect.Box, detect.Cls, detect.Strides);
                float[] values = tape.Backend.ToFloats(rows);
                int n = rows.Shape[0], columns = rows.C;
                if (detect is SegmentOutput segment)
                {
                    int coefficients = segment.Prototypes.C;
                    values = JoinChannels((values, columns), (JoinPixels(tape.Backend, segment.Coefficients), coefficients));
                    columns += coefficients;
                }
                comparison.Add("eval", "eval.pred", Exchange(values, n, rows.Shape[1], columns));
                break;
            case ClassifyOutput classify:
                comparison.Add("eval", "eval.prob", tape.Backend.ToFloats(Softmax.Forward(tape, classify.Logits)));
                break;
        }
    }

    /// <summary>Outputs and loss; returns the loss to walk back from.</summary>
    public static Tensor Trained(Tape tape, HeadOutput head, ReferenceBatch batch, Comparison comparison)
    {
        var (loss, items) = head switch
        {
            SegmentOutput segment => Segment(tape, segment, batch, comparison),
            DetectOutput detect => Detect(tape, detect, batch, comparison),
            ClassifyOutput classify => Classify(tape, classify, batch, comparison),
            _ => throw new ArgumentException($"no reference is known for {head.GetType().Name}", nameof(head)),
        };
        comparison.Add("loss", "loss", tape.Backend.ToFloats(loss));
        comparison.Add("loss", "loss_items", tape.Backend.ToFloats(items));
        return loss;
    }

    private static (Tensor Loss, Tensor Items) Detect(Tape tape, DetectOutput head, ReferenceBatch batch, Comparison comparison)
    {
        Features(tape.Backend, head, comparison);
        var loss = DetectionLoss.Forward(tape, head.Box, head.Cls, head.Strides, batch.Targets);
        return (loss.Loss, loss.Items);
    }

    private static (Tensor Loss, Tensor Items) Segment(Tape tape, SegmentOutput head, ReferenceBatch batch, Comparison comparison)
    {
        Features(tape.Backend, head, comparison);
        int n = head.Prototypes.Shape[0], k = head.Prototypes.C;
        float[] coefficients = JoinPixels(tape.Backend, head.Coefficients);
        comparison.Add("outputs", "train.mask_coef", Exchange(coefficients, n, coefficients.Length / n / k, k));
        comparison.Add("outputs", "train.proto", ChannelsFirst(tape.Backend, head.Prototypes));
        var loss = SegmentationLoss.Forward(tape, head, batch.Targets, batch.Masks);
        return (loss.Loss, loss.Items);
    }

    private static (Tensor Loss, Tensor Items) Classify(Tape tape, ClassifyOutput head, ReferenceBatch batch, Comparison comparison)
    {
        comparison.Add("outputs", "train.logits", tape.Backend.ToFloats(head.Logits));
        var loss = CrossEntropy.Forward(tape, head.Logits, batch.Classes);
        return (loss, loss);
    }

    /// <summary>"train.featL": a level's box and class logits in one map, box channels first.</summary>
    private static void Features(IBackend backend, DetectOutput head, Comparison comparison)
    {
        for (int l = 0; l < head.Box.Count; l++)
        {
            Tensor box = head.Box[l], cls = head.Cls[l];
            float[] joined = JoinChannels((backend.ToFloats(box), box.C), (backend.ToFloats(cls), cls.C));
            comparison.Add("outputs", $"train.feat{l}", Exchange(joined, box.Shape[0], box.Shape[1] * box.Shape[2], box.C + cls.C));
        }
    }
}
