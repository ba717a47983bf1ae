using NativeTrain.Cuda.Bindings;
using NativeTrain.Cuda.Collectives;

namespace NativeTrain.Cuda;

/// <summary>What goes on between devices beside the compute stream.</summary>
public sealed partial class CudaBackend
{
    internal CommunicationStream OpenCommunication() => new(device, compute);
}
