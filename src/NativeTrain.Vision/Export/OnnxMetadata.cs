using System.Globalization;
using System.Text;
using NativeTrain.Vision.Models;

namespace NativeTrain.Vision.Export;

/// <summary>
/// The metadata that programs which run YOLO models look for in an ONNX file. Lists and tables are texts in Python's notation,
/// as those programs read them: <c>{0: 'cat', 1: 'dog'}</c>. There is no date: equal models give equal files.
/// </summary>
internal static class OnnxMetadata
{
    public static IEnumerable<(string Key, string Value)> Of(YoloModel model, IReadOnlyList<string> names, OnnxExportOptions options, string version) =>
    [
        ("description", $"{model.Spec.Name} for {Task(model)} by NativeTrain"),
        ("author", "NativeTrain"),
        ("version", version),
        ("task", Task(model)),
        ("stride", Text(model.Strides.Max())),
        ("batch", Text(options.Batch)),
        ("imgsz", $"[{Text(options.Height)}, {Text(options.Width)}]"),
        ("names", Dictionary(names)),
        ("args", $"{{'batch': {Text(options.Batch)}, 'dynamic': {(options.Dynamic ? "True" : "False")}, 'nms': {(options.Nms is null ? "False" : "True")}, 'opset': {Text(options.Opset)}}}"),
    ];

    /// <summary>Names by class number, as a Python dictionary.</summary>
    public static string Dictionary(IReadOnlyList<string> names) => $"{{{string.Join(", ", names.Select((name, i) => $"{Text(i)}: {Quote(name)}"))}}}";

    /// <summary>A Python string literal; what is no printable character is escaped.</summary>
    private static string Quote(string text)
    {
        var quoted = new StringBuilder("'");
        foreach (char c in text)
        {
            if (c is '\'' or '\\') quoted.Append('\\').Append(c);
            else if (char.IsControl(c)) quoted.Append(CultureInfo.InvariantCulture, $"\\u{(int)c:x4}");
            else quoted.Append(c);
        }
        return quoted.Append('\'').ToString();
    }

    private static string Task(YoloModel model) => model.Task.ToString().ToLowerInvariant();

    private static string Text(int value) => value.ToString(CultureInfo.InvariantCulture);
}
