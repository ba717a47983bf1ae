namespace NativeTrain.Training;

/// <summary>What a validation counts as a detection.</summary>
/// <param name="Conf">Least confidence.</param>
/// <param name="Iou">Overlap above which the less sure of two boxes goes.</param>
/// <param name="MaxDetections">Most detections an image.</param>
/// <param name="AgnosticNms">Boxes of different classes suppress each other too.</param>
/// <param name="Classes">The only classes that are looked for; null: all.</param>
public sealed record ValidationSettings(double Conf, double Iou, int MaxDetections, bool AgnosticNms, IReadOnlyList<int>? Classes)
{
    public static ValidationSettings From(TrainOptions options)
    {
        ArgumentNullException.ThrowIfNull(options);
        return new(options.Conf, options.Iou, options.MaxDetections, options.AgnosticNms, options.SingleClass ? null : options.Classes);
    }
}
