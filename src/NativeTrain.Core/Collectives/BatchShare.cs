namespace NativeTrain.Core;

/// <summary>
/// This rank's part of a batch that all ranks compute together. A rank that the batch has no image left for computes one all the
/// same, so that it speaks when the others do, and what it computes counts for nothing.
/// </summary>
/// <param name="Collectives">How to speak to the other ranks.</param>
/// <param name="Images">Images of every rank, by rank.</param>
/// <param name="SyncBatchNorm">Whether batch norm takes its statistics over the images of all ranks.</param>
public sealed record BatchShare(ICollectives Collectives, IReadOnlyList<int> Images, bool SyncBatchNorm)
{
    /// <summary>Images of the whole batch.</summary>
    public int Whole => Images.Sum();

    /// <summary>Images of this rank.</summary>
    public int Own => Images[Collectives.Rank];

    /// <summary>The first image of a rank's part, of a batch of so many: parts differ by one image at most.</summary>
    public static int First(int images, int rank, int ranks) => (int)((long)images * rank / ranks);

    /// <summary>The images of every rank, of a batch of so many.</summary>
    public static int[] Divide(int images, int ranks) => [.. Enumerable.Range(0, ranks).Select(r => First(images, r + 1, ranks) - First(images, r, ranks))];
}
