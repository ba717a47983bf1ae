namespace NativeTrain.Core;

/// <summary>How much memory a device has for tensors beyond those that it holds.</summary>
/// <param name="Bytes">What is free.</param>
/// <param name="OfHost">Whether it is the host's own memory, of which everything else takes its share.</param>
public readonly record struct MemoryLeft(long Bytes, bool OfHost);
