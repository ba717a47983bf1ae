using System.Globalization;
using System.Runtime.InteropServices;
using NativeTrain.Core;

namespace NativeTrain.Cuda.Bindings;

/// <summary>
/// Which shared library stands behind each name that the bindings import from: NVIDIA's, the newest that is installed,
/// or the emulator for all of them. Chosen once a process, before the first call; whoever calls a library first asks
/// <see cref="Has"/>.
/// </summary>
internal static class Libraries
{
    public const string Driver = "cuda", Nvrtc = "nvrtc", Cudnn = "cudnn", Cublas = "cublas", Nccl = "nccl", Emulator = "emulator";

    private const string EmulatorFile = "libnativetrain_emulator.so";

    private static readonly Dictionary<string, string[]> Files = new()
    {
        [Driver] = ["libcuda.so.1"],
        [Nvrtc] = ["libnvrtc.so.13", "libnvrtc.so.12", "libnvrtc.so.11.2"],
        [Cudnn] = ["libcudnn.so.9", "libcudnn.so.8"],
        [Cublas] = ["libcublas.so.13", "libcublas.so.12", "libcublas.so.11"],
        [Nccl] = ["libnccl.so.2"],
    };

    private static readonly Dictionary<string, nint> Loaded = [];
    private static readonly Lock Gate = new();
    private static bool? emulated;

    /// <summary>Whether the emulator stands behind all names.</summary>
    public static bool Emulated => emulated ?? false;

    /// <summary>Chooses NVIDIA's libraries or the emulator.</summary>
    /// <exception cref="InputException">The process works with the other already.</exception>
    public static void Choose(bool emulator)
    {
        lock (Gate)
        {
            if (emulated is { } earlier && earlier != emulator)
                throw new InputException("one process works with the GPU or with the emulator, not with both");
            emulated = emulator;
        }
    }

    /// <summary>Whether the emulator looks at every access (NATIVETRAIN_EMULATOR=checked).</summary>
    public static bool Checked => Emulated && Environment.GetEnvironmentVariable("NATIVETRAIN_EMULATOR") == "checked";

    /// <summary>Whether a library is there to be called.</summary>
    public static bool Has(string name) => Load(name) != 0;

    /// <summary>Whether a library has a function: newer ones are not in every version that is supported.</summary>
    public static bool Has(string name, string function) => Load(name) is var handle && handle != 0 && NativeLibrary.TryGetExport(handle, function, out _);

    /// <summary>The files that were looked for, in words.</summary>
    public static string Candidates(string name) => Emulated ? EmulatorFile : string.Join(", ", Files[name]);

    static Libraries() => NativeLibrary.SetDllImportResolver(typeof(Libraries).Assembly, (name, _, _) => Load(name));

    private static nint Load(string name)
    {
        lock (Gate)
        {
            if (Loaded.TryGetValue(name, out nint handle)) return handle;
            foreach (string file in Emulated ? [EmulatorFile] : ByFitness(name))
                if (IsWhole(file) && TryLoad(file, out handle))
                    break;
            return Loaded[name] = handle;
        }
    }

    /// <summary>The files of a library, those of a CUDA newer than the driver's last: it may refuse what they compile.</summary>
    private static IEnumerable<string> ByFitness(string name)
    {
        if (name is not (Nvrtc or Cublas) || Load(Driver) == 0 || Bindings.Driver.cuDriverGetVersion(out int version) != 0) return Files[name];
        return Files[name].OrderBy(file => Major(file) > version / 1000);
    }

    /// <summary>libcudnn is a door to other libraries, and ends the process where one is missing when it is first needed.</summary>
    private static bool IsWhole(string file) => file switch
    {
        "libcudnn.so.9" => TryLoad("libcudnn_ops.so.9", out _) && TryLoad("libcudnn_cnn.so.9", out _),
        "libcudnn.so.8" => TryLoad("libcudnn_ops_infer.so.8", out _) && TryLoad("libcudnn_cnn_infer.so.8", out _) && TryLoad("libcudnn_cnn_train.so.8", out _),
        _ => true,
    };

    /// <summary>12 of libnvrtc.so.12.</summary>
    private static int Major(string file) => int.Parse(file.Split(".so.")[1].Split('.')[0], CultureInfo.InvariantCulture);

    // The emulator lies beside the program, NVIDIA's libraries where the system's loader finds them or in CUDA's own folder.
    private static bool TryLoad(string file, out nint handle)
    {
        foreach (string path in (string[])[Path.Combine(AppContext.BaseDirectory, file), file, Path.Combine("/usr/local/cuda/lib64", file)])
            if (NativeLibrary.TryLoad(path, out handle))
                return true;
        handle = 0;
        return false;
    }
}
