using NativeTrain.Core;

namespace NativeTrain.Race;

/// <summary>Where the peer is and how it starts.</summary>
internal static class Peer
{
    /// <summary>As out/nativetrain starts, whatever holds for the race itself: threads that wait soon sleep, for another engine has the cores then.</summary>
    public static IReadOnlyDictionary<string, string> Plain { get; } = new Dictionary<string, string> { ["GOMP_SPINCOUNT"] = "2000", ["OMP_WAIT_POLICY"] = "" };

    /// <summary>
    /// Starts the program of bench/peers. On systems whose libstdc++ is older than the one that TorchSharp was built with (Debian 12), its library wants one symbol
    /// more than there is, a function that starts the standard streams: the need is made weak, and build/peers/libcxxinit.so stands in for it.
    /// </summary>
    /// <param name="arguments">Its command line.</param>
    /// <param name="tuned">For speed, at the cost of memory; else as it comes.</param>
    public static EngineProcess Start(IEnumerable<string> arguments, bool tuned)
    {
        string folder = Path.Combine(Root, "bench/peers/bin/Release/net10.0/linux-x64"), program = Path.Combine(folder, "NativeTrain.Peers.dll");
        if (!File.Exists(program)) throw new InputException($"{program}: no such file; start the race by ./build.sh race");
        ElfVersions.Weaken(Path.Combine(folder, "libLibTorchSharp.so"), "GLIBCXX_3.4.32");
        return new EngineProcess(program, arguments, new Dictionary<string, string>(tuned ? Tuned : Plain) { ["LD_PRELOAD"] = Path.Combine(Root, "build/peers/libcxxinit.so") });
    }

    /// <summary>
    /// What makes libtorch fastest, tried one by one (docs/performance.md): glibc's malloc keeps what it has instead of giving it back to the system and taking it again with
    /// every large map, and has it in huge pages; OpenMP's threads wait as they do by default. c10's own huge pages (THP_MEM_ALLOC_ENABLE) are slower.
    /// </summary>
    private static readonly Dictionary<string, string> Tuned = new()
    {
        ["OMP_WAIT_POLICY"] = "",
        ["MALLOC_TRIM_THRESHOLD_"] = "8000000000",
        ["MALLOC_MMAP_THRESHOLD_"] = "8000000000",
        ["GLIBC_TUNABLES"] = "glibc.malloc.hugetlb=1",
    };

    /// <summary>The repository: build.sh starts the race there.</summary>
    private static string Root => Environment.CurrentDirectory;
}
