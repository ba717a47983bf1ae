using NativeTrain.Vision.Detect;

namespace NativeTrain.Vision.Plots;

/// <summary>A box to draw: corners in pixels of the picture, class index, and a confidence 0…1 for a prediction.</summary>
public readonly record struct DrawnBox(float X1, float Y1, float X2, float Y2, int Class, float? Confidence = null)
{
    public static DrawnBox From(Detection found) => new(found.X1, found.Y1, found.X2, found.Y2, found.Class, found.Confidence);

    /// <summary>Whether there is something to draw: finite corners in order, inside float pixels.</summary>
    internal bool IsDrawable =>
        float.IsFinite(X1) && float.IsFinite(Y1) && float.IsFinite(X2) && float.IsFinite(Y2) && X2 >= X1 && Y2 >= Y1;
}
