namespace NativeTrain.Cuda.Convolutions;

/// <summary>The three passes of a convolution, numbered as in IBackend.Conv2dImplementation.</summary>
internal enum ConvPass
{
    Forward = 0,
    BackwardData = 1,
    BackwardWeight = 2,
}
