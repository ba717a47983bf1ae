using Xunit;

namespace NativeTrain.Cuda.Tests;

public sealed class RowPlanTests
{
    [Theory]
    [InlineData(1, 1, 1)]
    [InlineData(7, 3, 1)]
    [InlineData(1600, 64, 8)]
    [InlineData(1_638_400, 16, 8)]
    [InlineData(6400, 1280, 8)]
    [InlineData(100, 40_000, 1)]
    [InlineData(4_000_000_000, 2, 1)]
    [InlineData(0, 5, 1)]
    public void BlocksCoverTheMapAndFitTheHardware(long rows, int c, int vector)
    {
        var plan = new RowPlan(rows, c, vector);
        Assert.Equal(256, plan.Block.X * plan.Block.Y);
        Assert.InRange(plan.Block.X, 1, 32);
        Assert.True(plan.Grid.X * plan.Block.X * vector >= c);
        Assert.True(plan.Chunks * plan.ChunkRows >= rows);
        Assert.True((plan.Chunks - 1) * plan.ChunkRows < Math.Max(1, rows), "the last chunk has pixels");
        Assert.InRange(plan.Grid.Y, 1, 65535);
        Assert.True(plan.Grid.X * plan.Grid.Y <= Math.Max(1024, plan.Grid.X));
    }
}
