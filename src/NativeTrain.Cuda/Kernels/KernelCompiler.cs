using System.Runtime.InteropServices;
using NativeTrain.Core;
using NativeTrain.Cuda.Bindings;
using static NativeTrain.Cuda.Bindings.Nvrtc;

namespace NativeTrain.Cuda.Kernels;

/// <summary>Compiles kernels of kernels/*.cu with NVRTC: only those asked for, so a training compiles no more than it runs.</summary>
internal sealed unsafe class KernelCompiler
{
    private readonly KernelSources sources;

    /// <exception cref="InputException">NVRTC is missing, or does not know this GPU.</exception>
    public KernelCompiler(KernelSources sources, int capability)
    {
        this.sources = sources;
        if (!Libraries.Has(Libraries.Nvrtc))
        {
            throw new InputException(
                $"device=cuda: NVRTC, which compiles the kernels, was not found ({Libraries.Candidates(Libraries.Nvrtc)}); install it (it is part of the CUDA toolkit; Debian: libnvrtc11.2), or say device=cpu");
        }
        Check(nvrtcVersion(out int major, out int minor));
        Version = $"{major}.{minor}";
        Check(nvrtcGetNumSupportedArchs(out int count));
        int[] known = new int[count];
        fixed (int* k = known) Check(nvrtcGetSupportedArchs(k));
        int target = known.Where(k => k == capability || (k < capability && !OfJetson(k))).DefaultIfEmpty().Max();
        if (target == 0) throw new InputException($"NVRTC {Version} compiles for no GPU as old as compute capability {capability / 10}.{capability % 10}; install that of an earlier CUDA toolkit");
        // Code for a GPU runs on younger ones of its generation; on the next generation only what the driver compiles from PTX.
        Architecture = target / 10 == capability / 10 ? $"sm_{target}" : $"compute_{target}";
    }

    /// <summary>Xavier, Orin, Thor (11.0 from CUDA 13 on): between code for these and for the cards of their generation nothing is promised.</summary>
    private static bool OfJetson(int capability) => capability is 72 or 87 or 101;

    /// <summary>Of NVRTC.</summary>
    public string Version { get; }

    /// <summary>What is compiled for: sm_80, or compute_80 for PTX.</summary>
    public string Architecture { get; }

    /// <summary>The options of every compilation, beside where headers are.</summary>
    public string[] Options => [$"--gpu-architecture={Architecture}", "--std=c++17"];

    /// <summary>Compiles a kernel.</summary>
    /// <param name="file">Name of its file, without ".cu".</param>
    /// <param name="kernel">A name expression, such as "silu_forward&lt;half, 8&gt;".</param>
    /// <exception cref="DeviceException">It does not compile; the message holds the compiler's first error.</exception>
    public CompiledKernel Compile(string file, string kernel) => Compile(file, [kernel], [], out _)[0];

    /// <summary>Compiles several kernels of a file at once, into one image.</summary>
    /// <param name="file">Name of the file, without ".cu".</param>
    /// <param name="kernels">Name expressions.</param>
    /// <param name="extraOptions">Beside <see cref="Options"/>.</param>
    /// <param name="log">What the compiler said.</param>
    /// <exception cref="DeviceException">They do not compile; the message holds the compiler's first error.</exception>
    public CompiledKernel[] Compile(string file, IReadOnlyList<string> kernels, IReadOnlyList<string> extraOptions, out string log)
    {
        Check(nvrtcCreateProgram(out var program, sources.Text(file), $"{file}.cu", 0, null, null));
        using (program)
        {
            foreach (string kernel in kernels) Check(nvrtcAddNameExpression(program, kernel));
            string[] options = [.. Options, $"--include-path={sources.Folder}", .. extraOptions];
            int result = nvrtcCompileProgram(program, options.Length, options);
            log = Log(program);
            if (result == CompilationFailed)
                throw new DeviceException($"kernels/{file}.cu does not compile for {Architecture}: {log.Split('\n').FirstOrDefault(l => l.Contains("error", StringComparison.Ordinal)) ?? log}");
            Check(result, nameof(nvrtcCompileProgram));
            byte[] image = Image(program);
            return [.. kernels.Select(k => new CompiledKernel(image, LoweredName(program, k)))];
        }
    }

    private static string LoweredName(NvrtcProgramHandle program, string kernel)
    {
        Check(nvrtcGetLoweredName(program, kernel, out byte* name));
        return Marshal.PtrToStringUTF8((nint)name)!;
    }

    private byte[] Image(NvrtcProgramHandle program)
    {
        bool ptx = Architecture.StartsWith("compute", StringComparison.Ordinal);
        nuint bytes;
        Check(ptx ? nvrtcGetPTXSize(program, out bytes) : nvrtcGetCUBINSize(program, out bytes));
        byte[] image = new byte[bytes];
        fixed (byte* p = image) Check(ptx ? nvrtcGetPTX(program, p) : nvrtcGetCUBIN(program, p));
        return image;
    }

    private static string Log(NvrtcProgramHandle program)
    {
        Check(nvrtcGetProgramLogSize(program, out nuint bytes));
        byte[] log = new byte[bytes];
        fixed (byte* p = log)
        {
            Check(nvrtcGetProgramLog(program, p));
            return Marshal.PtrToStringUTF8((nint)p) ?? "";
        }
    }
}
