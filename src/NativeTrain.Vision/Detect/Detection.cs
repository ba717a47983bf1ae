namespace NativeTrain.Vision.Detect;

/// <summary>One found object: corners in pixels, confidence 0…1, class index.</summary>
public readonly record struct Detection(float X1, float Y1, float X2, float Y2, float Confidence, int Class);

/// <summary>One true object: corners in pixels, class index.</summary>
public readonly record struct TruthBox(float X1, float Y1, float X2, float Y2, int Class);
