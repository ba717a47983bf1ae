using Xunit;

namespace NativeTrain.Cli.Tests;

/// <summary>device=emulator: the CUDA kernels and the calls of NVIDIA's driver, from the command line, without a GPU.</summary>
public class EmulatorTests
{
    [Fact]
    public void TrainsInHalfPrecisionAndGoesOn()
    {
        using var set = new TinySet();
        var trained = set.Train("device=emulator", "amp=true", "epochs=1", "plots=false");
        Expect.Success(trained);
        Assert.Contains("amp=true: feature maps are fp16, the loss is scaled", trained.Out);
        Assert.Contains("on emulator", trained.Out);
        Assert.Contains("device: emulator", File.ReadAllText(set.File("runs/train/args.yaml")));

        // What the device made is a file like any other: the CPU reads it.
        Expect.Success(set.Run("val", "model=runs/train/weights/best.safetensors", "data=set/data.yaml", "device=cpu", "plots=false", "workers=1"));
        Expect.Success(set.Run("predict", "model=runs/train/weights/best.safetensors", "source=set/images/val", "device=emulator"));
    }

    [Fact]
    public void TheLargestBatchIsThatOfTheDevicesMemory()
    {
        using var set = new TinySet();
        var trained = set.Train("device=emulator", "amp=false", "epochs=1", "batch=-1", "plots=false", "val=false");
        Expect.Success(trained);
        Assert.Matches("batch=-1: 6 images a batch; 60 % of the device's free memory are", trained.Out);
    }
}
