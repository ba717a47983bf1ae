namespace NativeTrain.Vision.Models;

/// <summary>What a model is for; its head tells.</summary>
public enum YoloTask
{
    Detect,
    Segment,
    Classify,
}
