using NativeTrain.Vision.Models;

namespace NativeTrain.Training;

/// <summary>Tasks as they are written: "detect", "segment", "classify".</summary>
public static class TaskNames
{
    public static string Of(YoloTask task) => task.ToString().ToLowerInvariant();
}
