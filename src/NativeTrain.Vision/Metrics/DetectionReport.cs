namespace NativeTrain.Vision.Metrics;

/// <summary>What validation says of one class. Precision, recall and F1 are those at the report's confidence.</summary>
public sealed class ClassReport
{
    public required int Class { get; init; }
    public required string Name { get; init; }
    /// <summary>Images that show the class.</summary>
    public required int Images { get; init; }
    /// <summary>Objects of the class.</summary>
    public required int Instances { get; init; }
    public required double Precision { get; init; }
    public required double Recall { get; init; }
    public required double F1 { get; init; }
    /// <summary>Average precision at IoU .50, .55, … .95.</summary>
    public required IReadOnlyList<double> Ap { get; init; }
    public double Ap50 => Ap[0];
    public double Ap5095 => Ap.Average();

    /// <summary>Precision at the report's <see cref="DetectionReport.Confidences"/>, IoU .50.</summary>
    public required double[] PrecisionCurve { get; init; }
    /// <summary>Recall at the report's <see cref="DetectionReport.Confidences"/>, IoU .50.</summary>
    public required double[] RecallCurve { get; init; }
    /// <summary>F1 at the report's <see cref="DetectionReport.Confidences"/>, IoU .50.</summary>
    public required double[] F1Curve { get; init; }
    /// <summary>Precision (envelope) at the report's <see cref="DetectionReport.Recalls"/>, IoU .50.</summary>
    public required double[] PrecisionByRecall { get; init; }
}

/// <summary>Result of a validation. Means are over the classes that occur in the truth; 0 where none does.</summary>
public sealed class DetectionReport
{
    /// <summary>The 1000 confidences 0…1 of the classes' curves.</summary>
    public static IReadOnlyList<double> Confidences { get; } = Curve.UnitGrid(1000);
    /// <summary>The 1000 recalls 0…1 of the precision-recall curves.</summary>
    public static IReadOnlyList<double> Recalls { get; } = Curve.UnitGrid(1000);

    /// <summary>The classes that occur in the truth, by index.</summary>
    public required IReadOnlyList<ClassReport> Classes { get; init; }
    /// <summary>Images seen, with objects or without.</summary>
    public required int Images { get; init; }
    /// <summary>Objects of all classes.</summary>
    public required int Instances { get; init; }
    /// <summary>Confidence of the best F1, mean over the classes and smoothed.</summary>
    public required double Confidence { get; init; }

    public double Precision => Mean(c => c.Precision);
    public double Recall => Mean(c => c.Recall);
    public double F1 => Mean(c => c.F1);
    /// <summary>Mean AP at IoU .50.</summary>
    public double Map50 => Mean(c => c.Ap50);
    /// <summary>Mean AP over IoU .50:.05:.95.</summary>
    public double Map5095 => Mean(c => c.Ap5095);
    /// <summary>What the best model is chosen by: .1·mAP50 + .9·mAP50-95.</summary>
    public double Fitness => 0.1 * Map50 + 0.9 * Map5095;

    private double Mean(Func<ClassReport, double> value) => Classes.Count == 0 ? 0 : Classes.Average(value);
}
