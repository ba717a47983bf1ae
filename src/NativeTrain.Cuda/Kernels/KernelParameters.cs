using System.Globalization;
using NativeTrain.Cuda.Bindings;
using static NativeTrain.Cuda.Bindings.Driver;

namespace NativeTrain.Cuda.Kernels;

/// <summary>
/// How many parameters a kernel has and how wide each is, by which a launch is checked: the driver copies as many bytes as
/// the kernel declares from wherever the host points to, and says nothing where that is not what the host has put there.
/// </summary>
/// <param name="kernel">Its name, for the message.</param>
/// <param name="bytes">Of each parameter.</param>
internal sealed class KernelParameters(string kernel, IReadOnlyList<int> bytes)
{
    private static readonly Lazy<bool> Told = new(() => Libraries.Has(Libraries.Driver, nameof(cuFuncGetParamInfo)));

    private bool matched;

    /// <summary>The parameters of a loaded kernel; null where the driver does not tell (before CUDA 12.4).</summary>
    public static KernelParameters? Of(string kernel, nint function)
    {
        if (!Told.Value) return null;
        var bytes = new List<int>();
        while (cuFuncGetParamInfo(function, (nuint)bytes.Count, out _, out nuint size) == Success) bytes.Add((int)size);
        return new KernelParameters(kernel, bytes);
    }

    /// <summary>Compares with what the kernel is first launched with.</summary>
    /// <param name="firstBytes">Of a struct that is passed first; 0: there is none.</param>
    /// <param name="rest">The other arguments.</param>
    /// <exception cref="ArgumentException">Their number or the size of one is another.</exception>
    public void Check(int firstBytes, ReadOnlySpan<Argument> rest)
    {
        if (matched) return;
        int[] given = new int[rest.Length + (firstBytes > 0 ? 1 : 0)];
        if (firstBytes > 0) given[0] = firstBytes;
        for (int i = 0; i < rest.Length; i++) given[given.Length - rest.Length + i] = rest[i].Bytes;
        matched = given.SequenceEqual(bytes);
        if (!matched) throw new ArgumentException($"{kernel} is launched with arguments of {InWords(given)} bytes; its parameters have {InWords(bytes)}");
    }

    private static string InWords(IReadOnlyList<int> sizes) => sizes.Count == 0 ? "no" : string.Join(", ", sizes.Select(s => s.ToString(CultureInfo.InvariantCulture)));
}
