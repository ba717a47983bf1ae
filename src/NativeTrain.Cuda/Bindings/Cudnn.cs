using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using NativeTrain.Core;

namespace NativeTrain.Cuda.Bindings;

#pragma warning disable IDE1006, CA1707, SA1300 // names are NVIDIA's own

/// <summary>
/// cuDNN's convolutions, as in NVIDIA's manual "cuDNN API": the functions on descriptors, which version 8 and version 9
/// both have.
/// </summary>
internal static unsafe partial class Cudnn
{
    private const string Lib = Libraries.Cudnn;

    /// <summary>cudnnStatus_t.</summary>
    internal const int Success = 0;

    // --- cudnnTensorFormat_t, cudnnDataType_t, cudnnConvolutionMode_t
    internal const int Nhwc = 1, DataFloat = 0, DataHalf = 2, DataBfloat16 = 9, CrossCorrelation = 1;

    // --- cudnnMathType_t: whether tensor cores may multiply; on Ampere only FmaMath keeps floats from being cut to TF32
    internal const int TensorOpMath = 1, FmaMath = 3;

    /// <summary>cudnnDeterminism_t.</summary>
    internal const int Deterministic = 1;

    /// <summary>cudnnConvolution{Fwd,BwdData,BwdFilter}AlgoPerf_t, which are laid out alike: an algorithm and what it needs.</summary>
    [StructLayout(LayoutKind.Sequential)]
    internal struct AlgorithmPerformance
    {
        public int Algorithm, Status;
        public float Milliseconds;
        public nuint Workspace;
        public int Determinism, MathType;
        private readonly int reserved0, reserved1, reserved2;
    }

    // --- the library and its handle
    [LibraryImport(Lib)] internal static partial nuint cudnnGetVersion();
    [LibraryImport(Lib)] private static partial byte* cudnnGetErrorString(int status);
    [LibraryImport(Lib)] internal static partial int cudnnCreate(out CudnnHandle handle);
    [LibraryImport(Lib)] internal static partial int cudnnDestroy(nint handle);
    [LibraryImport(Lib)] internal static partial int cudnnSetStream(CudnnHandle handle, CuStreamHandle stream);

    // --- descriptors
    [LibraryImport(Lib)] internal static partial int cudnnCreateTensorDescriptor(out CudnnTensorHandle descriptor);
    [LibraryImport(Lib)] internal static partial int cudnnDestroyTensorDescriptor(nint descriptor);
    [LibraryImport(Lib)] internal static partial int cudnnSetTensor4dDescriptor(CudnnTensorHandle descriptor, int format, int type, int n, int c, int h, int w);
    [LibraryImport(Lib)] internal static partial int cudnnCreateFilterDescriptor(out CudnnFilterHandle descriptor);
    [LibraryImport(Lib)] internal static partial int cudnnDestroyFilterDescriptor(nint descriptor);
    [LibraryImport(Lib)] internal static partial int cudnnSetFilter4dDescriptor(CudnnFilterHandle descriptor, int type, int format, int k, int c, int h, int w);
    [LibraryImport(Lib)] internal static partial int cudnnCreateConvolutionDescriptor(out CudnnConvolutionHandle descriptor);
    [LibraryImport(Lib)] internal static partial int cudnnDestroyConvolutionDescriptor(nint descriptor);

    [LibraryImport(Lib)]
    internal static partial int cudnnSetConvolution2dDescriptor(CudnnConvolutionHandle descriptor, int padH, int padW, int strideH, int strideW,
        int dilationH, int dilationW, int mode, int computeType);
    [LibraryImport(Lib)] internal static partial int cudnnSetConvolutionGroupCount(CudnnConvolutionHandle descriptor, int groups);
    [LibraryImport(Lib)] internal static partial int cudnnSetConvolutionMathType(CudnnConvolutionHandle descriptor, int math);

    // --- algorithms, likely fastest first
    [LibraryImport(Lib)]
    internal static partial int cudnnGetConvolutionForwardAlgorithm_v7(CudnnHandle handle, CudnnTensorHandle x, CudnnFilterHandle w,
        CudnnConvolutionHandle convolution, CudnnTensorHandle y, int requested, out int returned, AlgorithmPerformance* results);
    [LibraryImport(Lib)]
    internal static partial int cudnnGetConvolutionBackwardDataAlgorithm_v7(CudnnHandle handle, CudnnFilterHandle w, CudnnTensorHandle dy,
        CudnnConvolutionHandle convolution, CudnnTensorHandle dx, int requested, out int returned, AlgorithmPerformance* results);
    [LibraryImport(Lib)]
    internal static partial int cudnnGetConvolutionBackwardFilterAlgorithm_v7(CudnnHandle handle, CudnnTensorHandle x, CudnnTensorHandle dy,
        CudnnConvolutionHandle convolution, CudnnFilterHandle dw, int requested, out int returned, AlgorithmPerformance* results);

    // --- the passes: result = alpha·pass + beta·result
    [LibraryImport(Lib)]
    internal static partial int cudnnConvolutionForward(CudnnHandle handle, in float alpha, CudnnTensorHandle xDescriptor, nint x, CudnnFilterHandle wDescriptor, nint w,
        CudnnConvolutionHandle convolution, int algorithm, nint workspace, nuint workspaceBytes, in float beta, CudnnTensorHandle yDescriptor, nint y);
    [LibraryImport(Lib)]
    internal static partial int cudnnConvolutionBackwardData(CudnnHandle handle, in float alpha, CudnnFilterHandle wDescriptor, nint w, CudnnTensorHandle dyDescriptor, nint dy,
        CudnnConvolutionHandle convolution, int algorithm, nint workspace, nuint workspaceBytes, in float beta, CudnnTensorHandle dxDescriptor, nint dx);
    [LibraryImport(Lib)]
    internal static partial int cudnnConvolutionBackwardFilter(CudnnHandle handle, in float alpha, CudnnTensorHandle xDescriptor, nint x, CudnnTensorHandle dyDescriptor, nint dy,
        CudnnConvolutionHandle convolution, int algorithm, nint workspace, nuint workspaceBytes, in float beta, CudnnFilterHandle dwDescriptor, nint dw);

    /// <summary>y = alpha·a + beta·y, a's values repeated along the sizes that are 1.</summary>
    [LibraryImport(Lib)]
    internal static partial int cudnnAddTensor(CudnnHandle handle, in float alpha, CudnnTensorHandle aDescriptor, nint a, in float beta, CudnnTensorHandle yDescriptor, nint y);

    /// <summary>Turns a failed call into an exception that names it.</summary>
    /// <exception cref="OutOfDeviceMemoryException">cuDNN found no memory for what it keeps on the device.</exception>
    /// <exception cref="DeviceException">All else.</exception>
    internal static void Check(int status, [CallerArgumentExpression(nameof(status))] string call = "")
    {
        if (status == Success) return;
        string name = call.Split('(')[0], text = Marshal.PtrToStringUTF8((nint)cudnnGetErrorString(status)) ?? "";
        // By name: the numbers are not those of version 8 in version 9.
        if (text is "CUDNN_STATUS_ALLOC_FAILED" or "CUDNN_STATUS_INTERNAL_ERROR_DEVICE_ALLOCATION_FAILED") throw OutOfDeviceMemoryException.In(name);
        throw new DeviceException(name, $"cuDNN status {status}", text);
    }
}
