using NativeTrain.Core;
using NativeTrain.Cuda.Bindings;
using static NativeTrain.Cuda.Bindings.Driver;

namespace NativeTrain.Cuda;

/// <summary>How ops launch kernels.</summary>
public sealed unsafe partial class CudaBackend
{
    /// <summary>How often the host has launched something: a kernel, or a graph of them.</summary>
    internal long Launches { get; private set; }

    /// <summary>Launches a kernel.</summary>
    /// <param name="file">Name of its file in kernels/, without ".cu".</param>
    /// <param name="kernel">As in the file's KERNEL line: "silu_forward&lt;half, 8&gt;".</param>
    /// <param name="grid">Blocks.</param>
    /// <param name="block">Threads of a block.</param>
    /// <param name="arguments">As the kernel declares them.</param>
    internal void Launch(string file, string kernel, Dim3 grid, Dim3 block, params ReadOnlySpan<Argument> arguments) =>
        Launch(file, kernel, grid, block, 0, null, 0, arguments);

    /// <summary>Launches a kernel whose first parameter is a struct, passed by value and laid out alike here and there.</summary>
    private void LaunchWith<T>(string file, string kernel, Dim3 grid, Dim3 block, in T first, params ReadOnlySpan<Argument> rest) where T : unmanaged
    {
        fixed (T* p = &first) Launch(file, kernel, grid, block, 0, p, sizeof(T), rest);
    }

    /// <summary>The same with dynamic shared memory, of so many bytes.</summary>
    private void LaunchWith<T>(string file, string kernel, Dim3 grid, Dim3 block, int sharedBytes, in T first, params ReadOnlySpan<Argument> rest) where T : unmanaged
    {
        fixed (T* p = &first) Launch(file, kernel, grid, block, sharedBytes, p, sizeof(T), rest);
    }

    private void Launch(string file, string kernel, Dim3 grid, Dim3 block, int sharedBytes, void* first, int firstBytes, ReadOnlySpan<Argument> rest)
    {
        device.MakeCurrent();
        nint function = kernels.Function(file, kernel, sharedBytes, firstBytes, rest);
        int count = rest.Length + (first == null ? 0 : 1);
        void** arguments = stackalloc void*[count];
        if (first != null) arguments[0] = first;
        fixed (Argument* r = rest)
        {
            for (int i = 0; i < rest.Length; i++) arguments[count - rest.Length + i] = r + i;
            using var timed = Timed(kernel);
            int result = cuLaunchKernel(function, (uint)grid.X, (uint)grid.Y, (uint)grid.Z, (uint)block.X, (uint)block.Y, (uint)block.Z, (uint)sharedBytes, compute, arguments, null);
            LastLaunch = kernel;
            launched?.Add(kernel);
            if (!recording) Launches++;
            if (result != Success) Check(result, $"cuLaunchKernel of {kernel} of kernels/{file}.cu, grid {grid}, block {block}");
        }
    }

    /// <summary>Blocks of <paramref name="threads"/> threads for so much work, a thread each, but no more than fill the device some times over: kernels stride over the rest.</summary>
    private Dim3 Blocks(long work, int threads = 256) =>
        Math.Clamp(CeilDivide(work, threads), 1, device.Multiprocessors * 32L);

    /// <summary>
    /// How many numbers a load may take: 16 bytes of the first tensor's type, where all tensors (but null ones) allow it:
    /// addresses, distances between pixels and channels are multiples of it; otherwise 1.
    /// </summary>
    private static int Vector(params ReadOnlySpan<Tensor?> tensors)
    {
        int vector = 16 / tensors[0]!.Type.Bytes();
        foreach (var t in tensors)
            if (t is not null && (t.Pointer % (vector * t.Type.Bytes()) != 0 || t.Ld % vector != 0 || t.C % vector != 0))
                return 1;
        return vector;
    }

    /// <summary>A map's type as the kernels name it.</summary>
    private static string T(Tensor t) => T(t.Type);

    internal static string T(DType type) => type switch
    {
        DType.F32 => "float",
        DType.F16 => "half",
        DType.BF16 => "bf16",
        _ => throw new ArgumentException($"{type} is no map's type"),
    };
}
