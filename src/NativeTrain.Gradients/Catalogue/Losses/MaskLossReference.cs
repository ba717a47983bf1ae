using NativeTrain.Core;

namespace NativeTrain.Gradients;

/// <summary>The mask loss in double, plainly, straight from its definition, for given cells that learn.</summary>
/// <param name="shapes">Of the coefficients of every level, [N,h,w,K], then of the prototypes, [N,PH,PW,K].</param>
/// <param name="strides">Input pixels of a cell, per level.</param>
/// <param name="assigned">[N, A, 7]: <see cref="DetectionLossArgs.Saved"/>.</param>
/// <param name="masks">[N, PH, PW]: 0 is background, j + 1 the image's j-th target.</param>
/// <param name="gain">Factor of the term.</param>
internal sealed class MaskLossReference(IReadOnlyList<Shape> shapes, IReadOnlyList<int> strides, float[] assigned, int[] masks, float gain)
{
    private const int Columns = 7;

    private Shape Map => shapes[^1];
    private int CellsOfImage => shapes.SkipLast(1).Sum(s => s[1] * s[2]);

    /// <summary>N·gain/P · Σ over the P cells that learn of Σ over the box's pixels of bce / (pixels of the map · the box's share of the image).</summary>
    public double Value(double[][] inputs)
    {
        double sum = 0;
        int positives = 0;
        for (int cell = 0; cell < assigned.Length / Columns; cell++)
        {
            var row = assigned.AsSpan(cell * Columns, Columns);
            if (row[5] < 0) continue;
            positives++;
            sum += OfCell(inputs, cell, row);
        }
        return Map[0] * gain * sum / Math.Max(positives, 1);
    }

    private double OfCell(double[][] inputs, int cell, ReadOnlySpan<float> row)
    {
        int image = cell / CellsOfImage, h = Map[1], w = Map[2], k = Map.C;
        double inputH = shapes[0][1] * strides[0], inputW = shapes[0][2] * strides[0];
        double x1 = row[0] / inputW * w, y1 = row[1] / inputH * h, x2 = row[2] / inputW * w, y2 = row[3] / inputH * h;
        double share = ((double)row[2] - row[0]) / inputW * (((double)row[3] - row[1]) / inputH), inBox = 0;
        var coefficients = Coefficients(inputs, image, cell % CellsOfImage);
        for (int y = 0; y < h; y++)
            for (int x = 0; x < w; x++)
            {
                if (x < x1 || x >= x2 || y < y1 || y >= y2) continue;
                int pixel = (image * h + y) * w + x;
                double logit = 0;
                for (int j = 0; j < k; j++) logit += inputs[^1][pixel * k + j] * coefficients[j];
                inBox += Math.Log(1 + Math.Exp(logit)) - (masks[pixel] == (int)row[6] + 1 ? logit : 0);
            }
        return inBox / (h * w) / share;
    }

    /// <summary>A cell's coefficients, in its level.</summary>
    private ReadOnlySpan<double> Coefficients(double[][] inputs, int image, int cell)
    {
        int level = 0;
        for (; cell >= shapes[level][1] * shapes[level][2]; level++) cell -= shapes[level][1] * shapes[level][2];
        return inputs[level].AsSpan((image * shapes[level][1] * shapes[level][2] + cell) * Map.C, Map.C);
    }
}
