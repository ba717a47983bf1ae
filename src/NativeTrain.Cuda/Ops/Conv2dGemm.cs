using NativeTrain.Core;
using NativeTrain.Cuda.Convolutions;

namespace NativeTrain.Cuda;

/// <summary>Convolutions as products of matrices in tiles (kernels/conv2d_mma.cu, conv2d_fma.cu and those for weights).</summary>
public sealed partial class CudaBackend
{
    /// <summary>Whether this device's tensor cores multiply maps of a type (kernels/mma.cuh).</summary>
    internal bool HasTensorCores(DType type) => device.Capability >= (type == DType.F16 ? 75 : type == DType.BF16 ? 80 : int.MaxValue);

    /// <summary>The tiles that a pass can be computed in.</summary>
    internal static Conv2dTile[] TilesOf(in Conv2dShape s, ConvPass pass, DType type, bool tensorCores)
    {
        int chunk = tensorCores ? 8 : 4;
        bool vector = pass switch
        {
            ConvPass.Forward => s.IC % chunk == 0,
            ConvPass.BackwardData => s.OC % chunk == 0,
            _ => s.IC % chunk == 0 && s.OC % chunk == 0,
        };
        return Conv2dTile.All(pass == ConvPass.BackwardWeight, type, tensorCores, vector);
    }

    /// <summary>
    /// The one that is taken. Forward and data gradient: the largest of which at least half is used and which leaves no
    /// multiprocessor without work; the sums are the same in all. Weight gradient: by the shape alone, as its sums depend on it.
    /// </summary>
    private Conv2dTile TileOf(in Conv2dShape s, ConvPass pass, DType type)
    {
        var tiles = TilesOf(s, pass, type, HasTensorCores(type));
        if (pass == ConvPass.BackwardWeight) return tiles[s.OC <= 32 ? ^1 : 0];
        int channels = pass == ConvPass.Forward ? s.OC : s.IC;
        long pixels = pass == ConvPass.Forward ? (long)s.N * s.OH * s.OW : PhasePixels(s);
        foreach (var tile in tiles)
            if (channels > tile.Columns / 2 && tile.Blocks(pixels, channels) >= device.Multiprocessors)
                return tile;
        return channels > 32 && tiles.Length > 1 ? tiles[^2] : tiles[^1];
    }

    /// <summary>Pixels of the largest of the data gradient's stride² phases.</summary>
    private static long PhasePixels(in Conv2dShape s) => (long)s.N * CeilDivide(s.H, s.Stride) * CeilDivide(s.W, s.Stride);

    /// <summary>Forward: y = x·w + bias. Backward: dx from dy (x here), with the weights turned over.</summary>
    internal void MultiplyTiles(Tensor x, Tensor w, Tensor? bias, Tensor y, in Conv2dShape s, bool backward, Conv2dTile tile)
    {
        var (inputs, outputs) = backward ? (s.OC, s.IC) : (s.IC, s.OC);
        int taps = s.KH * s.KW, pitch = RoundUp(inputs, tile.Chunk);
        bool asTheyAre = !backward && tile.Type == DType.F32 && pitch == inputs;
        long weightBytes = asTheyAre ? 0 : Scratch.Aligned((long)outputs * taps * pitch * tile.Type.Bytes());
        nint room = weightBytes + RoundedBytes(x, tile.Type) > 0 ? Workspace(weightBytes + RoundedBytes(x, tile.Type)) : 0;
        nint weights = asTheyAre ? w.Pointer : room, map = Rounded(x, tile.Type, room + (nint)weightBytes);
        if (backward)
            Launch("conv2d_operands", $"conv2d_weights_backward<{T(tile.Type)}>", new Dim3(CeilDivide(pitch, 32), CeilDivide(s.IC, 32), taps), new Dim3(32, 8), w, weights, s.OC, taps, s.IC, pitch);
        else if (pitch > inputs)
            Launch("conv2d_operands", $"conv2d_weights_forward<{T(tile.Type)}>", Blocks((long)s.OC * taps * pitch), 256, w, weights, (long)s.OC * taps, s.IC, pitch);
        else if (!asTheyAre)
            Rounded(w, tile.Type, weights);

        long mapBytes = x.Count / s.N * tile.Type.Bytes(), resultBytes = y.Bytes / s.N;
        foreach (var (first, images) in ImagesAtOnce(s))
        {
            var part = s with { N = images };
            long pixels = backward ? PhasePixels(part) : (long)images * s.OH * s.OW;
            var grid = new Dim3(tile.Blocks(pixels, outputs), 1, backward ? (long)s.Stride * s.Stride : 1);
            LaunchWith(tile.File, tile.Kernel, grid, tile.Threads, new Conv2dSizes(part),
                backward, map + (nint)(first * mapBytes), weights, pitch, bias, y.Pointer + (nint)(first * resultBytes), y.Type == DType.F32);
        }
    }

    /// <summary>dw += …: parts of the sum over pixels, whose number follows from the shape alone, and then their sum.</summary>
    internal void MultiplyWeightTiles(Tensor x, Tensor dy, Tensor dw, in Conv2dShape s, Conv2dTile tile)
    {
        const int depth = 32, leastPixels = 256, wantedBlocks = 512; // enough to fill the largest devices
        int pitch = RoundUp(s.IC, tile.Chunk), taps = s.KH * s.KW, columns = taps * pitch;
        long tiles = tile.Blocks(s.OC, columns), pixels = (long)s.N * s.OH * s.OW;
        long wanted = Math.Clamp(wantedBlocks / tiles, 1, CeilDivide(pixels, leastPixels));
        int partPixels = checked((int)(CeilDivide(pixels, wanted * depth) * depth));
        long partsAtMost = CeilDivide(pixels, partPixels);

        long partialBytes = Scratch.Aligned(partsAtMost * s.OC * columns * sizeof(float));
        nint partial = Workspace(partialBytes + RoundedBytes(x, tile.Type) + RoundedBytes(dy, tile.Type)), room = partial + (nint)partialBytes;
        nint map = Rounded(x, tile.Type, room), gradient = Rounded(dy, tile.Type, room); // one of the two is no copy
        long mapBytes = x.Count / s.N * tile.Type.Bytes(), gradientBytes = dy.Count / s.N * tile.Type.Bytes();
        foreach (var (first, images) in ImagesAtOnce(s))
        {
            long partPixelsInAll = (long)images * s.OH * s.OW;
            int parts = (int)CeilDivide(partPixelsInAll, partPixels);
            LaunchWith(tile.File, tile.Kernel, new Dim3(tiles, 1, parts), tile.Threads, new Conv2dSizes(s with { N = images }),
                map + (nint)(first * mapBytes), gradient + (nint)(first * gradientBytes), pitch, partPixels, partial);
            AddPartials(partial, parts, (long)s.OC * taps, s.IC, pitch, dw);
        }
    }

    /// <summary>Runs of images whose positions in each map are 32-bit numbers: nearly always one run.</summary>
    internal static IEnumerable<(long First, int Images)> ImagesAtOnce(Conv2dShape s)
    {
        const long most = int.MaxValue - (1 << 20); // a tile may reach beyond the last pixel
        long image = Math.Max((long)s.H * s.W * s.IC, (long)s.OH * s.OW * s.OC);
        if (image > most) throw new InputException($"a feature map of {image} numbers an image is too large for the GPU's convolutions; lower imgsz");
        int images = (int)Math.Min(s.N, most / image);
        for (int first = 0; first < s.N; first += images) yield return (first, Math.Min(images, s.N - first));
    }
}
