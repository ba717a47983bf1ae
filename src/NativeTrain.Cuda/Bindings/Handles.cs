using System.Runtime.InteropServices;

namespace NativeTrain.Cuda.Bindings;

/// <summary>A CUstream: work that is done in the order in which it was given.</summary>
internal sealed class CuStreamHandle() : SafeHandle(0, ownsHandle: true)
{
    public override bool IsInvalid => handle == 0;
    protected override bool ReleaseHandle() => Driver.cuStreamDestroy_v2(handle) == Driver.Success;
}

/// <summary>A CUevent: a mark in a stream that others can wait for.</summary>
internal sealed class CuEventHandle() : SafeHandle(0, ownsHandle: true)
{
    public override bool IsInvalid => handle == 0;
    protected override bool ReleaseHandle() => Driver.cuEventDestroy_v2(handle) == Driver.Success;
}

/// <summary>A CUgraphExec: work that was captured, ready to be launched as a whole.</summary>
internal sealed class CuGraphExecHandle() : SafeHandle(0, ownsHandle: true)
{
    public override bool IsInvalid => handle == 0;
    protected override bool ReleaseHandle() => Driver.cuGraphExecDestroy(handle) == Driver.Success;
}

/// <summary>A CUmodule: compiled kernels, loaded.</summary>
internal sealed class CuModuleHandle() : SafeHandle(0, ownsHandle: true)
{
    public override bool IsInvalid => handle == 0;
    protected override bool ReleaseHandle() => Driver.cuModuleUnload(handle) == Driver.Success;
}

/// <summary>An nvrtcProgram: a source and what became of it.</summary>
internal sealed class NvrtcProgramHandle() : SafeHandle(0, ownsHandle: true)
{
    public override bool IsInvalid => handle == 0;
    protected override bool ReleaseHandle() => Nvrtc.nvrtcDestroyProgram(ref handle) == Nvrtc.Success;
}
