namespace NativeTrain.Training;

/// <summary>What a figure of a validation is called.</summary>
/// <param name="Column">In results.csv, as the reference calls it: "metrics/mAP50(B)".</param>
/// <param name="Label">On the display: "mAP50".</param>
public sealed record MetricName(string Column, string Label);

/// <summary>A row of the table that a validation prints.</summary>
/// <param name="Name">The class.</param>
/// <param name="Images">Images that show it.</param>
/// <param name="Objects">Its true objects.</param>
/// <param name="Values">A figure for each <see cref="MetricName"/> of the task.</param>
public sealed record ClassRow(string Name, int Images, int Objects, IReadOnlyList<double> Values);
