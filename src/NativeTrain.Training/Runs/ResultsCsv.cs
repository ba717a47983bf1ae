using System.Globalization;
using NativeTrain.Core;
using NativeTrain.Nn;

namespace NativeTrain.Training;

/// <summary>results.csv: a line an epoch, under the reference's column names, numbers with six digits.</summary>
public sealed class ResultsCsv
{
    private readonly string? path;
    private readonly int metrics;
    private readonly LossScaler? scaler;
    private readonly List<double[]> rows = [];

    /// <summary>Starts the file with its header line; of a training that goes on leaves the file as it is, for <see cref="Restore"/>.</summary>
    /// <param name="path">The file; null: none is written, the rows are kept.</param>
    /// <param name="lossNames">The terms of the task's loss.</param>
    /// <param name="metrics">The figures of the task's validation.</param>
    /// <param name="scaler">Of a training in half precision: its scale and the number of steps left out so far are columns too.</param>
    /// <param name="goesOn">Whether the rows of an earlier run follow: until they are known, the file that has them stays.</param>
    /// <exception cref="InputException">The file cannot be written.</exception>
    public ResultsCsv(string? path, IReadOnlyList<string> lossNames, IReadOnlyList<MetricName> metrics, LossScaler? scaler = null, bool goesOn = false)
    {
        ArgumentNullException.ThrowIfNull(lossNames);
        ArgumentNullException.ThrowIfNull(metrics);
        this.path = path;
        Losses = lossNames.Count;
        this.metrics = metrics.Count;
        this.scaler = scaler;
        Columns =
        [
            "epoch", "time", .. lossNames.Select(name => Loss("train", name)), .. metrics.Select(m => m.Column),
            .. lossNames.Select(name => Loss("val", name)), "lr/pg0", "lr/pg1", "lr/pg2",
            .. scaler is null ? Array.Empty<string>() : ["scale", "skipped"],
        ];
        if (!goesOn) Write();
    }

    /// <summary>Terms of the loss.</summary>
    public int Losses { get; }

    /// <summary>The columns, in order. Those of the metrics and validation losses are 0 in an epoch without validation.</summary>
    public IReadOnlyList<string> Columns { get; }

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
        ArgumentNullException.ThrowIfNull(train);
        ArgumentNullException.ThrowIfNull(rates);
        rows.Add([epoch, time.TotalSeconds, .. train.Values, .. validation?.Metrics ?? new double[metrics], .. validation?.Loss.Values ?? new double[Losses], .. rates, .. scaler is null ? Array.Empty<double>() : [scaler.Scale, scaler.Skipped]]);
        Write();
    }

    /// <summary>Puts the rows of an earlier run in the place of what is there.</summary>
    /// <param name="values">Row after row.</param>
    /// <exception cref="InputException">The file cannot be written.</exception>
    public void Restore(IReadOnlyList<double> values)
    {
        rows.Clear();
        rows.AddRange(values.Chunk(Columns.Count));
        Write();
    }

    /// <summary>"train/box_loss"; of a loss of one term, "train/loss".</summary>
    private static string Loss(string part, string name) => name == "loss" ? $"{part}/loss" : $"{part}/{name}_loss";

    private void Write()
    {
        if (path is not null) AtomicFile.WriteText(path, Text());
    }

    private string Text() =>
        string.Join(",", Columns) + "\n" +
        string.Concat(rows.Select(r => string.Join(",", r.Select(v => v.ToString("g6", CultureInfo.InvariantCulture))) + "\n"));
}
