using NativeTrain.Vision.Models;

namespace NativeTrain.Training;

/// <summary>Tasks as they are written: "detect", "segment", "classify".</summary>
public static class TaskNames
{
    public static string Of(YoloTask task) => task.ToString().ToLowerInvariant();

    /// <summary>What the name of a task's built-in graphs ends with: "", "-seg", "-cls".</summary>
    public static string Suffix(string task) => task switch
    {
        "segment" => "-seg",
        "classify" => "-cls",
        _ => "",
    };
}
