using System.Runtime.InteropServices;

namespace NativeTrain.Cuda.Bindings;

/// <summary>A cudnnHandle_t: the library's state for one device.</summary>
internal sealed class CudnnHandle() : SafeHandle(0, ownsHandle: true)
{
    public override bool IsInvalid => handle == 0;
    protected override bool ReleaseHandle() => Cudnn.cudnnDestroy(handle) == Cudnn.Success;
}

/// <summary>A cudnnTensorDescriptor_t: a map's type and sizes.</summary>
internal sealed class CudnnTensorHandle() : SafeHandle(0, ownsHandle: true)
{
    public override bool IsInvalid => handle == 0;
    protected override bool ReleaseHandle() => Cudnn.cudnnDestroyTensorDescriptor(handle) == Cudnn.Success;
}

/// <summary>A cudnnFilterDescriptor_t: weights' type and sizes.</summary>
internal sealed class CudnnFilterHandle() : SafeHandle(0, ownsHandle: true)
{
    public override bool IsInvalid => handle == 0;
    protected override bool ReleaseHandle() => Cudnn.cudnnDestroyFilterDescriptor(handle) == Cudnn.Success;
}

/// <summary>A cudnnConvolutionDescriptor_t: padding, stride, groups and arithmetic.</summary>
internal sealed class CudnnConvolutionHandle() : SafeHandle(0, ownsHandle: true)
{
    public override bool IsInvalid => handle == 0;
    protected override bool ReleaseHandle() => Cudnn.cudnnDestroyConvolutionDescriptor(handle) == Cudnn.Success;
}
