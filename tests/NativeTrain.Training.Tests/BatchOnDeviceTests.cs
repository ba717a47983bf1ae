using NativeTrain.Core;
using NativeTrain.Cpu;
using NativeTrain.Vision.Data;
using Xunit;

namespace NativeTrain.Training.Tests;

/// <summary>A batch's name, under which a pass over it is recorded.</summary>
public class BatchOnDeviceTests
{
    [Fact]
    public void TheNameTellsShapesAndWhereTheTensorsLie()
    {
        using var cpu = new CpuBackend();
        using var batch = new ClassifyBatch(new PixelBuffer(new byte[2 * 4 * 4 * 3])) { N = 2, H = 4, W = 4, Samples = [], Classes = [0, 1] };
        string first, elsewhere;
        using (var a = Send(2))
        using (var b = Send(2))
            (first, elsewhere) = (a.Name, b.Name);
        Assert.NotEqual(first, elsewhere);
        using (var again = Send(2)) Assert.Equal(first, again.Name);
        using (var more = Send(200)) Assert.NotEqual(first, more.Name);

        BatchOnDevice Send(int rows) => new(cpu, batch, [new HostTensor(new Shape(rows), new int[rows])], items: 1, seed: 1);
    }
}
