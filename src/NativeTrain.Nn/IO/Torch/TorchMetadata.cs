using System.Globalization;

namespace NativeTrain.Nn;

/// <summary>
/// What a checkpoint says of its model beside the weights, under the keys that our own files use: names, task, imgsz, epoch, model.
/// Ultralytics keeps them in the checkpoint's dict (epoch, train_args) and in the model's attributes (names, task, yaml).
/// </summary>
internal static class TorchMetadata
{
    private const int MostNames = 65536;

    public static IReadOnlyDictionary<string, string> Read(object? root)
    {
        var metadata = new Dictionary<string, string>();
        var checkpoint = root as PickledDict;
        var model = (TorchModules.Model(root) as PickledObject)?.State as PickledDict;
        var args = Attributes(checkpoint?["train_args"]) ?? Attributes(model?["args"]);
        if (Names(model?["names"]) is { } names) metadata["names"] = ClassNamesJson.Write(names);
        if ((model?["task"] ?? args?["task"]) is string task) metadata["task"] = task;
        if (args?["imgsz"] is long size) metadata["imgsz"] = size.ToString(CultureInfo.InvariantCulture);
        if (checkpoint?["epoch"] is long epoch and >= 0) metadata["epoch"] = epoch.ToString(CultureInfo.InvariantCulture);
        if ((Attributes(model?["yaml"])?["yaml_file"] ?? args?["model"]) is string name) metadata["model"] = Path.GetFileNameWithoutExtension(name);
        return metadata;
    }

    private static PickledDict? Attributes(object? value) => value as PickledDict ?? (value as PickledObject)?.State as PickledDict;

    /// <summary>A list of names, or a dict from 0, 1, … to names, each once.</summary>
    private static string[]? Names(object? value)
    {
        if (value is List<object?> list) return list.All(n => n is string) ? [.. list.Cast<string>()] : null;
        if (value is not PickledDict { Items: { Count: > 0 and <= MostNames } items }) return null;
        var names = new string[items.Count];
        foreach (var (key, text) in items)
            if (key is long i && i >= 0 && i < names.Length && text is string name) names[i] = name;
        return names.Contains(null) ? null : names;
    }
}
