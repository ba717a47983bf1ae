using NativeTrain.Testing;
using Xunit;

namespace NativeTrain.Cli.Tests;

public class InfoTests
{
    [Theory]
    [InlineData("n", "2,624,080", 6.6)]
    [InlineData("s", "9,458,752", 21.7)]
    [InlineData("m", "20,114,688", 68.5)]
    [InlineData("l", "25,372,160", 87.6)]
    [InlineData("x", "56,966,176", 196)]
    public void ParametersAndFlopsOfAllSizes(string size, string parameters, double gflops)
    {
        var r = Tool.Run(Shared.Root, "info", $"model=yolo11{size}.yaml");
        Expect.Success(r);
        string total = r.Out.TrimEnd().Split('\n')[^1];
        Assert.Contains($"{parameters} parameters", total);
        // Convolutions and matrix products only: a little under the published figure, which counts the rest too.
        double counted = double.Parse(total.Split("parameters, ")[1].Split(' ')[0]);
        Assert.InRange(counted, 0.98 * gflops, gflops);
    }

    [Fact]
    public void ListsTheLayers()
    {
        var r = Tool.Run(Shared.Root, "info", "model=yolo11n.yaml", "imgsz=320", "nc=3");
        Assert.Equal(24, r.Out.Split('\n').Count(l => l.Contains(" x ") && char.IsAsciiDigit(l.TrimStart()[0])));
        Assert.Contains("40 x 40 x 67, 20 x 20 x 67, 10 x 10 x 67", r.Out);
    }

    [SharedFact]
    public void WeightsTellTheirSizeAndClasses()
    {
        var r = Tool.Run(Shared.Root, "info", $"model={Shared.File("golden/yolo11n-bccd.weights.safetensors")}");
        Expect.Success(r);
        Assert.Contains("yolo11n, 3 classes", r.Out);
        Assert.Contains("2,590,425 parameters", r.Out);
    }

    [SharedTheory]
    [InlineData("yolo11n-seg-nc2-96", "yolo11n-seg, 2 classes", "2,842,998 parameters")]
    [InlineData("yolo11n-cls-nc3-64", "yolo11n-cls, 3 classes", "1,534,947 parameters")]
    public void WeightsTellTheirTask(string name, string model, string parameters)
    {
        var r = Tool.Run(Shared.Root, "info", $"model={Shared.File($"golden/{name}.weights.safetensors")}");
        Expect.Success(r);
        Assert.Contains(model, r.Out);
        Assert.Contains(parameters, r.Out);
    }

    [Theory]
    [InlineData("yolo11n-seg.yaml", "40 x 40 x 99, 20 x 20 x 99, 10 x 10 x 99, prototypes 80 x 80 x 32")]
    [InlineData("yolo11n-cls.yaml", "Classify       334,083  3\n")]
    public void TellsWhatTheHeadGives(string model, string output) =>
        Assert.Contains(output, Tool.Run(Shared.Root, "info", $"model={model}", "imgsz=320", "nc=3").Out);
}
