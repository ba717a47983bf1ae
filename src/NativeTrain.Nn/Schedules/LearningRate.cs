namespace NativeTrain.Nn;

/// <summary>Factors that multiply the initial learning rate, by epoch: 1 at the start, lrf at the end.</summary>
public static class LearningRate
{
    /// <summary>A straight line: (1 − e/E)·(1 − lrf) + lrf.</summary>
    /// <param name="epoch">e, counted from 0.</param>
    /// <param name="epochs">E, epochs of the whole training.</param>
    /// <param name="lrf">The factor at e = E.</param>
    public static double Linear(double epoch, double epochs, double lrf) =>
        Math.Max(1 - epoch / epochs, 0) * (1 - lrf) + lrf;

    /// <summary>Half a cosine wave: ½·(1 − cos(π·e/E))·(lrf − 1) + 1.</summary>
    /// <inheritdoc cref="Linear"/>
    public static double Cosine(double epoch, double epochs, double lrf) =>
        Math.Max((1 - Math.Cos(Math.PI * epoch / epochs)) / 2, 0) * (lrf - 1) + 1;
}
