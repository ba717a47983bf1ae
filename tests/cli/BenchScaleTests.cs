using NativeTrain.Testing;
using Xunit;

namespace NativeTrain.Cli.Tests;

public class BenchScaleTests
{
    [Fact]
    public void WhatIsNamedTwiceIsMeasuredOnce()
    {
        using var folder = new TemporaryFolder();
        Expect.Success(Tool.Run(folder.Path, "bench", "scale", "model=yolo11n.yaml,yolo11n.yaml", "imgsz=32,32", "batch=1,1", "threads=1,1", "nc=2", "seconds=0"));
        Assert.Equal(2, File.ReadAllLines(folder.File("scale.csv")).Count(l => l.Length > 0)); // the names of the columns, and the one case
    }
}
