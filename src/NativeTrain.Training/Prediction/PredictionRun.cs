using System.Diagnostics;
using System.Text.Json;
using NativeTrain.Core;
using NativeTrain.Vision.Data;
using NativeTrain.Vision.Images;
using NativeTrain.Vision.Plots;

namespace NativeTrain.Training;

/// <summary>The predict verb: looks at the pictures of source= and writes what it finds: drawn, as text, as JSON.</summary>
public static class PredictionRun
{
    /// <summary>Pixels of a side that the JPEG encoder takes.</summary>
    private const int LargestJpegSide = 65_500;

    /// <summary>Predicts all pictures, into a run folder.</summary>
    /// <param name="backend">Where to compute.</param>
    /// <param name="options">Of <see cref="Verb.Predict"/>.</param>
    /// <param name="progress">Told of every picture; null: nobody.</param>
    /// <param name="cancellation">Looked at between pictures.</param>
    /// <returns>The run's folder, or null where the options ask for no file.</returns>
    /// <exception cref="InputException">An option, the weights file, every picture or the disk is at fault. A bad picture among good ones is only a message.</exception>
    public static string? Run(IBackend backend, TrainOptions options, ITrainingProgress? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        progress ??= SilentProgress.Instance;
        var clock = Stopwatch.StartNew();
        var ignored = new List<string>();
        var files = Sources.Find(options.Source, ignored);
        foreach (string line in ignored) progress.OnMessage(line);
        using var loaded = ModelSource.Load(backend, options.Model);
        options = loaded.AtItsImageSize(options, progress);
        var work = TaskWork.For(loaded.Model.Task, options);
        var names = loaded.NamesFrom(options.HasData ? work.OpenData(progress).Names : null, options.HasData ? options.Data : "");
        foreach (string notice in work.Notices) progress.OnMessage(notice);
        progress.OnRunStart(new RunInfo(Verb.Predict, null, loaded.Model.Spec.Name, loaded.Model.ParameterCount, names, backend.Description,
            0, files.Count, 0, files.Count, 1, options.ImageSize, "", work.LossNames, work.Metrics));

        bool writes = options.Save || options.SaveTxt || options.SaveJson;
        string? folder = null;
        var outputs = new OutputNames(files);
        var predictor = work.Predictor(loaded.Model, names);
        int predicted = 0;
        var entries = new List<(string Image, Action<Utf8JsonWriter> Value)>();
        for (int i = 0; i < files.Count && !cancellation.IsCancellationRequested; i++)
        {
            var pictureClock = Stopwatch.StartNew();
            if (TryLoad(files[i], only: files.Count == 1, progress) is not { } image) continue;
            var prediction = predictor.Predict(files[i], image);
            if (writes) Write(prediction, folder ??= RunFolder.Create(options, work.Task), outputs, options, progress); // no folder where no picture could be read
            predicted++;
            if (options.SaveJson) entries.Add((outputs[files[i]], prediction.Json));
            progress.OnPicture(new PictureInfo(i + 1, files.Count, files[i], prediction.InputHeight, prediction.InputWidth,
                prediction.Describe(), pictureClock.Elapsed));
        }
        if (predicted == 0 && !cancellation.IsCancellationRequested)
            throw new InputException($"source={options.Source}: none of its {files.Count} pictures can be read");
        if (options.SaveJson && folder is not null) PredictionsJson.Write(Path.Combine(folder, "predictions.json"), entries);
        progress.OnRunEnd(new RunEndInfo(Verb.Predict, folder, null, clock.Elapsed));
        return folder;
    }

    private static RgbImage? TryLoad(string file, bool only, ITrainingProgress progress)
    {
        try
        {
            return ImageFile.Load(file);
        }
        catch (InputException e) when (!only)
        {
            progress.OnMessage($"skipped: {e.Message}");
            return null;
        }
    }

    private static void Write(Prediction prediction, string folder, OutputNames outputs, TrainOptions options, ITrainingProgress progress)
    {
        if (options.Save) Draw(prediction, Path.Combine(folder, outputs.Picture(prediction.Path)), progress);
        if (options.SaveTxt)
            AtomicFile.WriteText(Path.Combine(folder, "labels", outputs.Text(prediction.Path)), prediction.Text(options.SaveConf));
    }

    private static void Draw(Prediction prediction, string path, ITrainingProgress progress)
    {
        var image = prediction.Image;
        try
        {
            PictureFile.Write(path, prediction.Draw());
        }
        catch (InputException e) when (Math.Max(image.Height, image.Width) > LargestJpegSide)
        {
            progress.OnMessage($"not drawn: {e.Message}");
        }
    }
}
