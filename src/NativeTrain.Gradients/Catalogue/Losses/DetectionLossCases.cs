using NativeTrain.Core;
using NativeTrain.Core.Ops;

namespace NativeTrain.Gradients;

/// <summary>The detection loss on two levels; inputs are box and class logits, level by level.</summary>
internal static class DetectionLossCases
{
    private static readonly int[] Strides = [8, 16];

    /// <summary>Rows of image, class, centre x, centre y, width, height.</summary>
    private static readonly float[] TwoImages =
    [
        0, 0, 0.40f, 0.45f, 0.52f, 0.61f,
        0, 0, 0.70f, 0.30f, 0.33f, 0.28f,
        1, 0, 0.51f, 0.55f, 0.83f, 0.77f,
    ];

    private static readonly float[] OneSmallOneLarge =
    [
        0, 2, 0.31f, 0.66f, 0.12f, 0.09f,
        0, 1, 0.50f, 0.50f, 1.00f, 1.00f,
    ];

    public static IEnumerable<OpCase> All =>
    [
        Case("two images, one class", 2, 4, 6, 1, TwoImages),
        Case("two images, 17 classes", 2, 4, 4, 17, TwoImages),
        Case("a small and an image-filling object", 1, 6, 6, 3, OneSmallOneLarge),
        Case("an image without objects beside one with", 2, 4, 4, 3, OneSmallOneLarge),
        Case("no targets", 2, 2, 4, 3, []),
        Case("one cell on the last level", 1, 2, 2, 3, [0, 1, 0.5f, 0.5f, 0.9f, 0.8f]),
        Case("four bins", 1, 4, 4, 3, OneSmallOneLarge, new DetectionLossOptions { RegMax = 4 }),
    ];

    private static OpCase Case(string name, int n, int h, int w, int classes, float[] targets, DetectionLossOptions? options = null)
    {
        options ??= new DetectionLossOptions();
        int sides = 4 * options.RegMax;
        return new OpCase(typeof(DetectionLoss), name,
            [
                In.Tensor(n, h, w, sides), In.Tensor(n, h, w, classes),
                In.Tensor(n, h / 2, w / 2, sides), In.Tensor(n, h / 2, w / 2, classes),
            ],
            f => [DetectionLoss.Forward(f.Tape, [f[0], f[2]], [f[1], f[3]], Strides, targets, options).Loss])
        {
            Reference = f =>
            {
                var inDouble = new DetectionLossReference(f.Backend, [f[0], f[2]], [f[1], f[3]], Strides, targets, options);
                return logits => [[inDouble.Value(logits)]];
            },
        };
    }
}
