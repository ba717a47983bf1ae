namespace NativeTrain.Vision.Data;

/// <summary>One split of a data set, of whatever task.</summary>
public interface IImageSet
{
    /// <summary>Usable images.</summary>
    int Count { get; }

    /// <summary>Labelled objects; of pictures with one class each, the pictures.</summary>
    int Instances { get; }
}
