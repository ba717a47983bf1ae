namespace NativeTrain.Vision.Metrics;

/// <summary>What validation says of one class of pictures.</summary>
/// <param name="Class">Class index.</param>
/// <param name="Name">The class's name.</param>
/// <param name="Images">Pictures of the class.</param>
/// <param name="Top1">Share of them (0…1) whose highest score is their class's.</param>
/// <param name="Top5">Share of them whose class is among the five highest scores.</param>
public sealed record PictureClassReport(int Class, string Name, int Images, double Top1, double Top5);

/// <summary>Result of a validation of whole pictures. Where there are fewer than five classes, top-5 is top-all: 1.</summary>
public sealed class ClassificationReport
{
    /// <summary>The classes that occur in the truth, by index.</summary>
    public required IReadOnlyList<PictureClassReport> Classes { get; init; }
    public required int Images { get; init; }
    /// <summary>Share of all pictures (0…1) whose highest score is the true class's; 0 without pictures.</summary>
    public required double Top1 { get; init; }
    /// <summary>Share of all pictures whose true class is among the five highest scores.</summary>
    public required double Top5 { get; init; }
    /// <summary>Predicted against true classes, without background.</summary>
    public required ConfusionMatrix Confusion { get; init; }
    /// <summary>What the best model is chosen by: the mean of top-1 and top-5.</summary>
    public double Fitness => (Top1 + Top5) / 2;
}
