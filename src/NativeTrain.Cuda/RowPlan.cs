using System.Numerics;

namespace NativeTrain.Cuda;

/// <summary>
/// How the kernels that include kernels/rows.cuh share out a map [rows, c]: blocks of 256 threads, a power of two of at
/// most 32 of them across the channels, the others down the rows.
/// </summary>
/// <remarks>All of it follows from the map and the width of the loads, so that sums by chunks are the same on every device.</remarks>
internal readonly struct RowPlan
{
    private const int Threads = 256;

    /// <summary>What a thread is worth starting for, and the blocks that fill the largest device.</summary>
    private const int LeastRows = 8, MostBlocks = 1024;

    /// <param name="rows">Pixels.</param>
    /// <param name="c">Channels.</param>
    /// <param name="vector">Channels a thread takes.</param>
    public RowPlan(long rows, int c, int vector)
    {
        int packs = CeilDivide(c, vector);
        int across = (int)Math.Min(32, BitOperations.RoundUpToPowerOf2((uint)packs));
        Block = new Dim3(across, Threads / across);
        BlocksAcross = CeilDivide(packs, across);
        long least = (long)LeastRows * Block.Y;
        long blocksDown = Math.Clamp(CeilDivide(rows, least), 1, Math.Max(1, MostBlocks / BlocksAcross));
        ChunkRows = Math.Max(1, CeilDivide(rows, blocksDown));
        Chunks = (int)Math.Max(1, CeilDivide(rows, ChunkRows));
    }

    public Dim3 Block { get; }
    public int BlocksAcross { get; }

    /// <summary>Pixels whose sums a block finds.</summary>
    public long ChunkRows { get; }
    public int Chunks { get; }

    /// <summary>A block a chunk, for sums; and enough blocks for passes without sums.</summary>
    public Dim3 Grid => new(BlocksAcross, Chunks);
}
