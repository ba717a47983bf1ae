using System.Globalization;
using NativeTrain.Core;

namespace NativeTrain.Training;

/// <summary>results.csv: a line an epoch, under the reference's column names, numbers with six digits.</summary>
public sealed class ResultsCsv
{
    /// <summary>The columns, in order. Those of the metrics and validation losses are 0 in an epoch without validation.</summary>
    public static IReadOnlyList<string> Columns { get; } =
    [
        "epoch", "time",
        "train/box_loss", "train/cls_loss", "train/dfl_loss",
        "metrics/precision(B)", "metrics/recall(B)", "metrics/mAP50(B)", "metrics/mAP50-95(B)",
        "val/box_loss", "val/cls_loss", "val/dfl_loss",
        "lr/pg0", "lr/pg1", "lr/pg2",
    ];

    private readonly string path;
    private readonly List<double[]> rows = [];

    /// <summary>Starts the file with its header line.</summary>
    /// <exception cref="InputException">The file cannot be written.</exception>
    public ResultsCsv(string path)
    {
        this.path = path;
        Write();
    }

    /// <summary>The numbers so far, a row an epoch, in the order of <see cref="Columns"/>.</summary>
    public IReadOnlyList<double[]> Rows => rows;

    /// <summary>Adds a line. The file is written anew, whole or not at all: it is small.</summary>
    /// <param name="epoch">From 1.</param>
    /// <param name="time">Since the training's start.</param>
    /// <param name="train">Mean losses of the epoch.</param>
    /// <param name="validation">What validation found, or null.</param>
    /// <param name="rates">Learning rates at the epoch's end: of biases, weights and norms.</param>
    /// <exception cref="InputException">The file cannot be written.</exception>
    public void Append(int epoch, TimeSpan time, LossItems train, ValidationResult? validation, IReadOnlyList<double> rates)
    {
        ArgumentNullException.ThrowIfNull(rates);
        var report = validation?.Report;
        var loss = validation?.Loss ?? default;
        rows.Add(
        [
            epoch, time.TotalSeconds, train.Box, train.Cls, train.Dfl,
            report?.Precision ?? 0, report?.Recall ?? 0, report?.Map50 ?? 0, report?.Map5095 ?? 0,
            loss.Box, loss.Cls, loss.Dfl, rates[0], rates[1], rates[2],
        ]);
        Write();
    }

    private void Write() => AtomicFile.WriteText(path,
        string.Join(",", Columns) + "\n" +
        string.Concat(rows.Select(r => string.Join(",", r.Select(v => v.ToString("g6", CultureInfo.InvariantCulture))) + "\n")));
}
