using System.Text;
using NativeTrain.Testing;
using Xunit;

namespace NativeTrain.Cli.Tests;

public sealed class ExportTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [SharedFact]
    public void EachOptionReachesTheFile()
    {
        string plain = Export(), nms = Export("nms=true");
        Assert.Contains("'nms': False", plain);
        Assert.DoesNotContain("NonMaxSuppression", plain);
        Assert.Contains("NonMaxSuppression", nms);
        Assert.NotEqual(nms, Export("nms=true", "conf=0.5"));
        Assert.NotEqual(nms, Export("nms=true", "iou=0.5"));
        Assert.NotEqual(nms, Export("nms=true", "max_det=100"));
        Assert.NotEqual(nms, Export("nms=true", "agnostic_nms=true"));
        Assert.Contains("[96, 160]", Export("imgsz=96,160"));
        Assert.Contains("[160, 160]", Export("imgsz=160"));
        Assert.Contains("'batch': 4", Export("batch=4"));
        Assert.Contains("'dynamic': True", Export("dynamic=true"));
        Assert.Contains("'opset': 19", Export("opset=19"));
        Assert.Equal(plain, Export("simplify=false"));
        Assert.Equal(plain, Export("half=False", "int8=False", "keras=False", "optimize=False", "workspace=None"));
    }

    [SharedFact]
    public void TheOutputIsNamed()
    {
        var r = Tool.Run(folder.Path, "export", $"model={Weights}", "format=safetensors", "output=sub/state.safetensors");
        Expect.Success(r);
        Assert.Contains("sub/state.safetensors: state dict, ", r.Out);
        Assert.True(File.Exists(folder.File("sub/state.safetensors")));
    }

    [SharedTheory]
    [InlineData("imgsz, nms: of no effect on a state dict", "format=safetensors", "imgsz=64", "nms=true")]
    [InlineData("conf, max_det: of no effect on a graph without nms=true", "--conf", "0.5", "--max-det", "9")]
    public void WhatHasNoEffectIsSaid(string line, params string[] options)
    {
        var r = Tool.Run(folder.Path, ["export", $"model={Weights}", "output=unused", .. options]);
        Expect.Success(r);
        Assert.Contains(line, r.Out);
    }

    [SharedTheory]
    [InlineData("format=pt", "format=pt: must be onnx or safetensors")]
    [InlineData("imgsz=12", "imgsz=12: must be one number or height,width")]
    [InlineData("imgsz=64,64,64", "must be one number or height,width")]
    [InlineData("opset=11", "opset=11: must be from 17 to 21")]
    [InlineData("half=true", "half=true: not in this version yet (only half=false)")]
    [InlineData("keras=true", "keras=true: not in this version yet (only keras=false)")]
    [InlineData("output=.", ".: is a folder; give the path of a file")]
    public void WrongWordsAreOneLine(string option, string message) =>
        Expect.InputError(Tool.Run(folder.Path, "export", $"model={Weights}", "output=m.onnx", option), message);

    [Fact]
    public void AModelIsNeeded() => Expect.InputError(Tool.Run(folder.Path, "export"), "model=");

    private static string Weights => Shared.File("golden/yolo11n-nc3-128.weights.safetensors");

    private string Export(params string[] options)
    {
        Expect.Success(Tool.Run(folder.Path, ["export", $"model={Weights}", "output=m.onnx", .. options]));
        return Encoding.Latin1.GetString(File.ReadAllBytes(folder.File("m.onnx")));
    }
}
