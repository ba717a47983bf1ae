using NativeTrain.Core;

namespace NativeTrain.Cuda;

/// <summary>How a convolution's product is cut into blocks (kernels/conv2d_gemm.cuh, conv2d_weight.cuh).</summary>
/// <param name="File">The kernel's file.</param>
/// <param name="Type">Of the operands.</param>
/// <param name="Rows">Of the result that a block computes: pixels, or output channels of a weight gradient.</param>
/// <param name="Columns">Output channels, or columns (tap, input channel) of a weight gradient.</param>
/// <param name="Threads">Of a block.</param>
/// <param name="Chunk">Channels that are copied at once; maps whose channels are no multiple of it are gathered one by one.</param>
/// <param name="Vector">Whether the channels are a multiple of it.</param>
internal readonly record struct Conv2dTile(string File, DType Type, int Rows, int Columns, int Threads, int Chunk, bool Vector)
{
    public string Kernel => $"{File}<{CudaBackend.T(Type)}, {Rows}, {Columns}, {(Vector ? "true" : "false")}>";

    /// <summary>All tiles of forward and data gradient, the largest first, or of the weight gradient.</summary>
    /// <param name="weight">Whether it is the weight gradient.</param>
    /// <param name="type">Of the operands.</param>
    /// <param name="tensorCores">Whether they multiply this type.</param>
    /// <param name="vector">Whether the channels allow copies of 16 bytes.</param>
    public static Conv2dTile[] All(bool weight, DType type, bool tensorCores, bool vector)
    {
        ReadOnlySpan<(int Rows, int Columns)> sizes = (weight, tensorCores, vector) switch
        {
            (true, _, false) => [(32, 128)],
            (false, _, false) => [(128, 32)],
            (true, _, _) => [(64, 64), (32, 128)],
            (_, true, _) => [(128, 128), (128, 64), (64, 64), (128, 32)],
            _ => [(128, 64), (64, 64), (128, 32)],
        };
        var tiles = new Conv2dTile[sizes.Length];
        for (int i = 0; i < tiles.Length; i++)
        {
            var (rows, columns) = sizes[i];
            tiles[i] = tensorCores
                ? new(weight ? "conv2d_weight_mma" : "conv2d_mma", type, rows, columns, rows * columns == 128 * 128 ? 256 : 128, 8, vector)
                : new(weight ? "conv2d_weight_fma" : "conv2d_fma", type, rows, columns, 256, 4, vector);
        }
        return tiles;
    }

    /// <summary>Blocks that a result of so many rows and columns takes.</summary>
    public long Blocks(long rows, long columns) => CeilDivide(rows, Rows) * CeilDivide(columns, Columns);
}
