using System.Globalization;
using NativeTrain.Core;
using NativeTrain.Nn;
using NativeTrain.Vision.Export;
using NativeTrain.Vision.Models;

namespace NativeTrain.Training;

/// <summary>What an exported file is to be.</summary>
public enum ExportFormat
{
    /// <summary>An ONNX graph for inference.</summary>
    Onnx,
    /// <summary>The weights under the reference's names: a state dict of PyTorch.</summary>
    Safetensors,
}

/// <summary>What to export, and how.</summary>
/// <param name="Model">A weights file.</param>
/// <param name="Format">What to write.</param>
/// <param name="Output">The file to write; null: the model's name with another ending.</param>
/// <param name="ImageSize">Height and width in pixels, rounded up to multiples of the model's stride; null: those it was trained with, or 640.</param>
/// <param name="Batch">Images a run (ONNX).</param>
/// <param name="Dynamic">Whether batch, height and width stay free (ONNX).</param>
/// <param name="Opset">Version of the operator set (ONNX).</param>
/// <param name="Nms">Suppression inside the graph, or null (ONNX).</param>
public sealed record ExportRequest(string Model, ExportFormat Format, string? Output = null, (int Height, int Width)? ImageSize = null,
    int Batch = 1, bool Dynamic = false, int Opset = OnnxExport.LeastOpset, OnnxNms? Nms = null);

/// <summary>The export verb: writes a trained model for other programs.</summary>
public static class Exporter
{
    private const int UsualSize = 640;

    /// <returns>The file that was written, and the input size, height and width, that it stands for.</returns>
    /// <exception cref="InputException">The model cannot be read or exported that way, or the file cannot be written.</exception>
    public static (string Path, int Height, int Width) Run(IBackend backend, ExportRequest request)
    {
        ArgumentNullException.ThrowIfNull(request);
        using var loaded = ModelSource.Load(backend, request.Model);
        string path = request.Output ?? DefaultOutput(request);
        if (Path.GetFullPath(path) == Path.GetFullPath(request.Model)) throw new InputException($"output={path}: is the model itself; give another file");
        var model = loaded.Model;
        var names = loaded.NamesFrom(null, request.Model);
        var (height, width) = request.ImageSize ?? (loaded.ImageSize ?? UsualSize, loaded.ImageSize ?? UsualSize);
        (height, width) = (RoundUp(height, model), RoundUp(width, model));
        if (request.Format == ExportFormat.Onnx)
            OnnxExport.Write(model, path, names, new OnnxExportOptions(height, width, request.Batch, request.Dynamic, request.Opset, request.Nms));
        else
            WeightsFile.Save(model, path, Metadata(model, names, loaded.ImageSize));
        return (path, height, width);
    }

    private static string DefaultOutput(ExportRequest request) =>
        Path.ChangeExtension(request.Model, request.Format == ExportFormat.Onnx ? ".onnx" : ".state_dict.safetensors");

    private static int RoundUp(int pixels, YoloModel model)
    {
        int stride = model.Strides.Max();
        return (pixels + stride - 1) / stride * stride;
    }

    private static Dictionary<string, string> Metadata(YoloModel model, IReadOnlyList<string> names, int? imageSize)
    {
        var metadata = new Dictionary<string, string>
        {
            ["task"] = TaskNames.Of(model.Task),
            ["model"] = model.Spec.Name,
            ["names"] = ClassNamesJson.Write(names),
            ["stride"] = model.Strides.Max().ToString(CultureInfo.InvariantCulture),
        };
        if (imageSize is { } size) metadata["imgsz"] = size.ToString(CultureInfo.InvariantCulture);
        return metadata;
    }
}
