using System.Runtime.InteropServices;
using NativeTrain.Vision.Detect;

namespace NativeTrain.Training;

/// <summary>One image as the metrics count it; as bytes it goes from one process to another.</summary>
/// <param name="Found">What was found.</param>
/// <param name="Truth">What is there.</param>
/// <param name="MaskIou">[found, truth], where there are masks.</param>
internal sealed record CountedImage(Detection[] Found, TruthBox[] Truth, float[,]? MaskIou)
{
    /// <summary>Counts of found and true objects, whether there are masks; then each of these.</summary>
    public void Write(BinaryWriter to)
    {
        to.Write(Found.Length);
        to.Write(Truth.Length);
        to.Write(MaskIou is not null);
        to.Write(MemoryMarshal.AsBytes(Found.AsSpan()));
        to.Write(MemoryMarshal.AsBytes(Truth.AsSpan()));
        if (MaskIou is not null) to.Write(MemoryMarshal.AsBytes(Flat(MaskIou)));
    }

    public static CountedImage Read(BinaryReader from)
    {
        var found = new Detection[from.ReadInt32()];
        var truth = new TruthBox[from.ReadInt32()];
        float[,]? iou = from.ReadBoolean() ? new float[found.Length, truth.Length] : null;
        from.BaseStream.ReadExactly(MemoryMarshal.AsBytes(found.AsSpan()));
        from.BaseStream.ReadExactly(MemoryMarshal.AsBytes(truth.AsSpan()));
        if (iou is not null) from.BaseStream.ReadExactly(MemoryMarshal.AsBytes(Flat(iou)));
        return new CountedImage(found, truth, iou);
    }

    private static Span<float> Flat(float[,] matrix) => matrix.Length == 0 ? [] : MemoryMarshal.CreateSpan(ref matrix[0, 0], matrix.Length);
}
