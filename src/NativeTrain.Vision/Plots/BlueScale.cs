using SkiaSharp;

namespace NativeTrain.Vision.Plots;

/// <summary>White to dark blue, for counts and shares; darker means more, in print without colour too.</summary>
internal static class BlueScale
{
    private static readonly SKColor[] Stops =
        [new(255, 255, 255), new(206, 224, 242), new(122, 178, 222), new(42, 120, 184), new(8, 48, 107)];

    /// <param name="share">0…1; values outside are clamped, NaN is 0.</param>
    public static SKColor At(double share)
    {
        double position = (double.IsNaN(share) ? 0 : Math.Clamp(share, 0, 1)) * (Stops.Length - 1);
        int below = Math.Min((int)position, Stops.Length - 2);
        double part = position - below;
        SKColor from = Stops[below], to = Stops[below + 1];
        return new SKColor(Mix(from.Red, to.Red), Mix(from.Green, to.Green), Mix(from.Blue, to.Blue));

        byte Mix(byte a, byte b) => (byte)Math.Round(a + part * (b - a));
    }
}
