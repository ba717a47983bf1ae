using System.Runtime.InteropServices;
using NativeTrain.Core;
using static NativeTrain.Cpu.Native;

namespace NativeTrain.Cpu;

/// <summary>oneDNN's convolution alone: native/cpu/conv2d_library.cpp.</summary>
internal sealed unsafe class OneDnnConvolution : ILibraryConvolution
{
    private void* handle;

    private OneDnnConvolution(void* handle) => this.handle = handle;

    /// <summary>Null where oneDNN does not multiply the type on this processor.</summary>
    public static OneDnnConvolution? Open(Conv2d shape, int pass, DType type, bool anyLayout)
    {
        void* handle;
        Check(nt_conv2d_library_open(&shape, pass, (int)type, anyLayout ? 1 : 0, &handle));
        return handle == null ? null : new OneDnnConvolution(handle);
    }

    public string Name => Marshal.PtrToStringUTF8((nint)nt_conv2d_library_name(handle)) ?? "";

    public void Run() => Check(nt_conv2d_library_run(handle));

    public void Dispose()
    {
        nt_conv2d_library_close(handle);
        handle = null;
    }
}
