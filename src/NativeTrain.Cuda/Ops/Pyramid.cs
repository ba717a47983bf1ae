using System.Runtime.InteropServices;
using NativeTrain.Core;

namespace NativeTrain.Cuda;

/// <summary>kernels/pyramid.cuh: a head's levels, whose cells make one list.</summary>
[StructLayout(LayoutKind.Sequential)]
internal unsafe struct Pyramid
{
    private const int MostLevels = 8;
    private fixed int h[MostLevels], w[MostLevels], stride[MostLevels], first[MostLevels];
    private readonly int levels, n;
    private readonly int cells;

    /// <param name="maps">A map [N, h, w, …] of each level.</param>
    /// <param name="strides">Pixels of a cell, per level.</param>
    public Pyramid(IReadOnlyList<Tensor> maps, IReadOnlyList<int> strides)
    {
        levels = maps.Count;
        n = maps[0].Shape[0];
        for (int l = 0; l < levels; l++)
        {
            h[l] = maps[l].Shape[1];
            w[l] = maps[l].Shape[2];
            stride[l] = strides[l];
            first[l] = cells;
            cells += h[l] * w[l];
        }
    }

    /// <summary>Cells of all images.</summary>
    public readonly long BatchCells => (long)n * cells;
}
