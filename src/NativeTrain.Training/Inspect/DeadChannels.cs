using NativeTrain.Core;

namespace NativeTrain.Training;

/// <summary>
/// Counts the channels that SiLU has shut: at every pixel of the batch the slope σ(u)·(1 + u·(1 − σ(u))) is smaller than
/// <see cref="Slope"/>, so that nothing to speak of flows back. (Below u = −6.3 it always is.)
/// </summary>
internal static class DeadChannels
{
    public const double Slope = 0.01;

    /// <param name="x">The input of batch norm, channels innermost.</param>
    /// <param name="mean">Of each channel, as the others are.</param>
    public static int Count(float[] x, float[] mean, float[] invStd, float[] gamma, float[] beta)
    {
        int c = mean.Length;
        var alive = new bool[c];
        for (long i = 0; i < x.LongLength; i += c)
            for (int k = 0; k < c; k++)
            {
                if (alive[k]) continue;
                double u = gamma[k] * ((x[i + k] - mean[k]) * invStd[k]) + beta[k], s = 1 / (1 + Math.Exp(-u));
                alive[k] = Math.Abs(s * (1 + u * (1 - s))) >= Slope;
            }
        return alive.Count(a => !a);
    }
}
