using NativeTrain.Cuda.Bindings;
using static NativeTrain.Cuda.Bindings.Driver;

namespace NativeTrain.Cuda.Kernels;

/// <summary>Kernels by file and name: compiled, or read from the disk, when first asked for, and loaded into the device's context.</summary>
internal sealed unsafe class KernelTable(KernelSources sources, KernelCompiler compiler) : IDisposable
{
    /// <summary>Shared memory that a block may have without asking: its own arrays, and what a launch adds.</summary>
    private const int SharedWithoutAsking = 48 << 10;

    private sealed record Loaded(CuModuleHandle Module, nint Function, KernelParameters? Parameters)
    {
        /// <summary>Dynamic shared memory that it may be launched with.</summary>
        public required int SharedBytes { get; set; }
    }

    private readonly Dictionary<(string File, string Kernel), Loaded> loaded = [];
    private readonly CubinCache cache = new();

    /// <summary>The CUfunction of a kernel.</summary>
    /// <param name="file">Name of its file, without ".cu".</param>
    /// <param name="kernel">As in its KERNEL line: "silu_forward&lt;half, 8&gt;".</param>
    /// <param name="sharedBytes">Dynamic shared memory that it is to be launched with.</param>
    /// <param name="firstBytes">Bytes of a struct that it is launched with first; 0: there is none.</param>
    /// <param name="rest">Its other arguments.</param>
    /// <exception cref="ArgumentException">The kernel has other parameters.</exception>
    public nint Function(string file, string kernel, int sharedBytes, int firstBytes, ReadOnlySpan<Argument> rest)
    {
        if (!loaded.TryGetValue((file, kernel), out var entry)) loaded[(file, kernel)] = entry = Load(file, kernel);
        entry.Parameters?.Check(firstBytes, rest);
        if (sharedBytes > entry.SharedBytes)
        {
            Check(cuFuncSetAttribute(entry.Function, MaxDynamicSharedSizeBytes, sharedBytes));
            entry.SharedBytes = sharedBytes;
        }
        return entry.Function;
    }

    public void Dispose()
    {
        foreach (var entry in loaded.Values) entry.Module.Dispose();
        loaded.Clear();
    }

    private Loaded Load(string file, string kernel)
    {
        var compiled = Compiled(file, kernel);
        CuModuleHandle module;
        fixed (byte* image = compiled.Image) Check(cuModuleLoadData(out module, image));
        Check(cuModuleGetFunction(out nint function, module, compiled.Name));
        Check(cuFuncGetAttribute(out int own, SharedSizeBytes, function));
        return new Loaded(module, function, KernelParameters.Of($"{kernel} of kernels/{file}.cu", function)) { SharedBytes = SharedWithoutAsking - own };
    }

    /// <summary>From the disk, or compiled and left there. (The emulator's kernels are compiled in: it only looks whether it has them.)</summary>
    private CompiledKernel Compiled(string file, string kernel)
    {
        if (Libraries.Emulated) return compiler.Compile(file, kernel);
        string cached = cache.FileOf([sources.Hash(file), file, kernel, compiler.Version, .. compiler.Options]);
        if (CubinCache.Read(cached) is { } kept) return kept;
        var compiled = compiler.Compile(file, kernel);
        CubinCache.Write(cached, compiled);
        return compiled;
    }
}
