using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace NativeTrain.Peers;

/// <summary>
/// The detection loss of a batch in libtorch: BCE on every class logit, CIoU and DFL on the boxes of assigned cells, each divided by the sum of
/// target scores; gains 7.5, 0.5, 1.5; times the batch. Written for speed: BCE of background is one softplus over all logits, boxes
/// and their gradients are computed of assigned cells alone.
/// </summary>
internal sealed class TorchLoss
{
    private const int Bins = 16;
    private const double BoxGain = 7.5, ClsGain = 0.5, DflGain = 1.5;

    private readonly Tensor truth, classes;
    private readonly int size;

    /// <param name="rows">Rows of six: image, class, centre x, centre y, width, height, as parts of the picture.</param>
    /// <param name="images">Pictures in the batch.</param>
    /// <param name="size">Their sides, pixels.</param>
    public TorchLoss(float[] rows, int images, int size)
    {
        this.size = size;
        var byImage = rows.Chunk(6).ToLookup(r => (int)r[0]);
        int most = byImage.Max(g => g.Count());
        var boxes = new float[images * most * 4];
        var numbers = new long[images * most];
        foreach (var image in byImage)
        {
            int at = image.Key * most;
            foreach (float[] r in image)
            {
                numbers[at] = (long)r[1];
                float[] corners = [r[2] - r[4] / 2, r[3] - r[5] / 2, r[2] + r[4] / 2, r[3] + r[5] / 2];
                for (int i = 0; i < 4; i++) boxes[4 * at + i] = corners[i] * size;
                at++;
            }
        }
        truth = tensor(boxes, [images, most, 4]);
        classes = tensor(numbers, [images, most]);
    }

    /// <returns>The loss, a number.</returns>
    public Tensor Of(Tensor[] box, Tensor[] cls)
    {
        long n = box[0].shape[0];
        var sides = cat([.. box.Select(Rows)], 1); // [N,A,64]
        var logits = cat([.. cls.Select(Rows)], 1); // [N,A,nc]
        var strides = cat([.. box.Select(b => full([b.shape[2] * b.shape[3], 1], (float)size / b.shape[2]))]); // [A,1]
        var centres = cat([.. box.Select(Centres)]); // [A,2], cells

        Assignment a;
        using (no_grad())
        {
            var predicted = TorchBoxes.Around(centres, TorchBoxes.Distances(sides, Bins)) * strides;
            a = TorchAssigner.Assign(logits, predicted, centres * strides, truth, classes);
        }
        var whole = a.Score.sum().clamp_min(1);
        long nc = logits.shape[2], cells = centres.shape[0];
        var own = logits.reshape(-1).index_select(0, a.Positive * nc + classes.reshape(-1).index_select(0, a.Truth));
        // bce(x, t) = softplus(x) − x·t, and t is 0 but for the assigned cells' classes.
        var bce = F.softplus(logits).sum() - (own * a.Score).sum();

        var cell = a.Positive.remainder(cells);
        var target = truth.reshape(-1, 4).index_select(0, a.Truth) / strides.index_select(0, cell); // cells
        var centre = centres.index_select(0, cell);
        var chosen = sides.reshape(-1, 4 * Bins).index_select(0, a.Positive); // [P,64]
        var ciou = TorchBoxes.Ciou(TorchBoxes.Around(centre, TorchBoxes.Distances(chosen, Bins)), target);
        var iou = ((1 - ciou) * a.Score).sum();
        var dfl = (Dfl(chosen, centre, target).mean([-1]) * a.Score).sum();
        return (bce * ClsGain + iou * BoxGain + dfl * DflGain) / whole * n;
    }

    /// <summary>Cross-entropy of each side's bins to the two whole numbers around its distance, weighted by nearness.</summary>
    /// <returns>[P,4].</returns>
    private static Tensor Dfl(Tensor logits, Tensor centre, Tensor target)
    {
        var corners = target.chunk(2, -1);
        var distance = cat([centre - corners[0], corners[1] - centre], -1).clamp(0, Bins - 1 - 0.01);
        var lower = distance.floor();
        var log = logits.reshape(-1, 4, Bins).log_softmax(-1);
        var below = lower.to(ScalarType.Int64).unsqueeze(-1);
        var part = distance - lower;
        return -(log.gather(-1, below).squeeze(-1) * (1 - part) + log.gather(-1, below + 1).squeeze(-1) * part);
    }

    /// <summary>[N,C,h,w] in channels_last memory → [N,h·w,C], the same bytes.</summary>
    private static Tensor Rows(Tensor map) => map.permute(0, 2, 3, 1).reshape(map.shape[0], -1, map.shape[1]);

    private static Tensor Centres(Tensor map)
    {
        var (h, w) = (map.shape[2], map.shape[3]);
        var x = (arange(w, ScalarType.Float32) + 0.5).expand(h, w);
        var y = (arange(h, ScalarType.Float32) + 0.5).unsqueeze(1).expand(h, w);
        return stack([x, y], -1).reshape(-1, 2);
    }
}
