namespace NativeTrain.Cuda;

/// <summary>Who computes convolutions (conv=) and matrix products.</summary>
public enum ConvLibrary
{
    /// <summary>For each shape the faster of the two, by measurement; NativeTrain's own where cuDNN is not installed.</summary>
    Auto,

    /// <summary>NativeTrain's own kernels.</summary>
    Native,

    /// <summary>cuDNN, where it takes the shape and types.</summary>
    Cudnn,
}
