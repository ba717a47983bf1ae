using NativeTrain.Vision.Detect;

namespace NativeTrain.Vision.Plots;

/// <summary>A mask to draw, spread over the whole picture whatever its own size, in its class's colour.</summary>
public readonly record struct DrawnMask(BitMask Mask, int Class);
