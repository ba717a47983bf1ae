using System.Globalization;
using NativeTrain.Core;

namespace NativeTrain.Cuda.Convolutions;

/// <summary>Which pass of which convolution.</summary>
internal readonly record struct ConvKey(ConvPass Pass, DType Type, Conv2dShape Shape)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"{Pass} {Type} {Shape.N} {Shape.H} {Shape.W} {Shape.IC} {Shape.OC} {Shape.KH} {Shape.KW} {Shape.Stride} {Shape.Pad} {Shape.Groups}");
}

/// <summary>What was measured of it.</summary>
/// <param name="Algorithm">cuDNN's fastest; null: it has none for this.</param>
/// <param name="CudnnMilliseconds">Its time; infinite where there is none.</param>
/// <param name="NativeMilliseconds">The time of NativeTrain's own kernels; null: not measured.</param>
internal sealed record ConvMeasurement(CudnnAlgorithm? Algorithm, double CudnnMilliseconds, double? NativeMilliseconds)
{
    public override string ToString() => string.Create(CultureInfo.InvariantCulture,
        $"cudnn {(Algorithm is { } a ? $"{a.Number} {a.Math} {a.Workspace} {CudnnMilliseconds:g6}" : "none")} native {(NativeMilliseconds is { } n ? n.ToString("g6", CultureInfo.InvariantCulture) : "unknown")}");

    /// <summary>Reads what <see cref="ToString"/> wrote; null: this is something else.</summary>
    public static ConvMeasurement? Parse(string text)
    {
        string[] words = text.Split(' ');
        bool none = words is ["cudnn", "none", "native", _];
        if (!none && words is not ["cudnn", _, _, _, _, "native", _]) return null;
        double? native = null;
        if (words[^1] != "unknown")
        {
            if (!Number(words[^1], out double n)) return null;
            native = n;
        }
        if (none) return new ConvMeasurement(null, double.PositiveInfinity, native);
        return int.TryParse(words[1], CultureInfo.InvariantCulture, out int number) && int.TryParse(words[2], CultureInfo.InvariantCulture, out int math)
            && long.TryParse(words[3], CultureInfo.InvariantCulture, out long workspace) && workspace >= 0 && Number(words[4], out double cudnn)
                ? new ConvMeasurement(new CudnnAlgorithm(number, math, workspace), cudnn, native)
                : null;
    }

    private static bool Number(string text, out double value) => double.TryParse(text, CultureInfo.InvariantCulture, out value) && value >= 0;
}
