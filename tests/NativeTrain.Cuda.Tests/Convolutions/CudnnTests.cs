using NativeTrain.Core;
using NativeTrain.Gradients;
using NativeTrain.Cuda.Bindings;
using NativeTrain.Cuda.Convolutions;
using NativeTrain.Testing;
using Xunit;

namespace NativeTrain.Cuda.Tests.Convolutions;

/// <summary>Convolutions by cuDNN: what they compute, how an algorithm is chosen, and what is kept on disk.</summary>
[Collection(Devices.Name)]
public sealed class CudnnTests : IDisposable
{
    /// <summary>N, H, W, IC, OC, KH, KW, stride, pad, groups.</summary>
    private static readonly Conv2dShape[] Shapes =
    [
        new(2, 5, 7, 3, 17, 3, 3, 1, 1, 1),
        new(1, 7, 5, 17, 3, 3, 3, 2, 1, 1),
        new(2, 8, 8, 16, 32, 3, 3, 2, 1, 1),
        new(1, 1, 1, 3, 17, 1, 1, 1, 0, 1),
        new(3, 4, 4, 32, 64, 1, 1, 1, 0, 1),
        new(1, 6, 5, 3, 2, 5, 5, 1, 2, 1),
        new(2, 5, 3, 3, 4, 3, 1, 1, 0, 1),
        new(1, 4, 4, 6, 4, 3, 3, 1, 1, 2), // two groups
    ];

    private static readonly Conv2dShape Ordinary = Shapes[2];

    private readonly Devices devices;
    private readonly TemporaryFolder folder = new();
    private readonly EnvironmentVariable cache;

    public CudnnTests(Devices devices)
    {
        this.devices = devices;
        cache = new EnvironmentVariable("NATIVETRAIN_CACHE", folder.Path);
    }

    public void Dispose()
    {
        cache.Dispose();
        folder.Dispose();
    }

    [CudnnFact]
    public void FloatsAreThoseOfTheOwnKernels() => AgreesWithTheOwnKernels(DType.F32, 2e-5);

    [CudnnFact]
    public void HalfsAreThoseOfTheOwnKernels() => AgreesWithTheOwnKernels(DType.F16, 0.0025);

    [CudnnFact]
    public void Bfloat16sAreThoseOfTheOwnKernels() => AgreesWithTheOwnKernels(DType.BF16, 0.02);

    private void AgreesWithTheOwnKernels(DType type, double tolerance)
    {
        using var cudnn = new CudaBackend(0, ConvLibrary.Cudnn);
        using var native = new CudaBackend(0, ConvLibrary.Native);
        foreach (var shape in Shapes)
        {
            float[][] expected = ConvPasses.Run(native, shape, type), actual = ConvPasses.Run(cudnn, shape, type);
            for (int pass = 0; pass < 3; pass++)
            {
                if (CaseRun.Difference(expected[pass], actual[pass], tolerance) is { } difference) Assert.Fail($"{shape}, {(ConvPass)pass}: {difference}");
                if (CudaDevice.Emulated) Assert.StartsWith("cudnn", cudnn.Conv2dImplementation(shape, pass, type), StringComparison.Ordinal);
            }
            Assert.Equal(actual, ConvPasses.Run(cudnn, shape, type)); // bit for bit
        }
    }

    [CudnnFact]
    public void OnlyAlgorithmsThatRepeatTheirBitsAndHaveRoomAreOffered()
    {
        Cudnn.Check(Cudnn.cudnnCreate(out var handle));
        using (handle)
        using (var convolution = new CudnnConvolution(handle, Ordinary, DType.F32))
            foreach (var pass in Enum.GetValues<ConvPass>())
            {
                var all = convolution.Algorithms(pass, 1 << 28);
                Assert.NotEmpty(all);
                Assert.All(convolution.Algorithms(pass, 0), a => Assert.Equal(0, a.Workspace));
                // Number 0 of the gradients adds atomically.
                if (pass != ConvPass.Forward) Assert.DoesNotContain(all, a => a.Number == 0);
            }
    }

    [CudnnFact]
    public void WhatWasMeasuredIsReadFromTheDisk()
    {
        using (var first = new CudaBackend(0, ConvLibrary.Cudnn)) ConvPasses.Run(first, Ordinary, DType.F32);
        string[] lines = File.ReadAllLines(MeasurementFile());
        Assert.Equal(3, lines.Length);
        string forward = Assert.Single(lines, l => l.StartsWith("Forward F32 2 8 8 16 32 3 3 2 1 1 = cudnn ", StringComparison.Ordinal));
        Assert.EndsWith(" native unknown", forward, StringComparison.Ordinal);

        Rewrite("nonsense", "Forward F32 2 8 8 = nonsense", "Forward F32 2 8 8 16 32 3 3 2 1 1 = cudnn 7 3 0 0.5 native unknown");
        using var second = new CudaBackend(0, ConvLibrary.Cudnn);
        Assert.Equal("cudnn algorithm 7", second.Conv2dImplementation(Ordinary, 0));
    }

    /// <summary>What was found out while memory was short is not kept for days when it is not.</summary>
    [CudnnFact]
    public void WhatCouldNotBeMeasuredForWantOfMemoryIsNotKept()
    {
        Assert.SkipUnless(CudaDevice.Emulated, "a GPU's libraries cannot be asked to fail");
        const int allocFailed = 2;
        Emulator.emu_fail("cudnnConvolutionForward", 0, 2, allocFailed); // each of its algorithms, once
        using (var first = new CudaBackend(0, ConvLibrary.Cudnn))
        {
            ConvPasses.Run(first, Ordinary, DType.F32);
            Assert.DoesNotContain("cudnn", first.Conv2dImplementation(Ordinary, 0), StringComparison.Ordinal);
        }
        Assert.DoesNotContain(File.ReadAllLines(MeasurementFile()), l => l.StartsWith("Forward", StringComparison.Ordinal));
        using var second = new CudaBackend(0, ConvLibrary.Cudnn);
        ConvPasses.Run(second, Ordinary, DType.F32);
        Assert.StartsWith("cudnn", second.Conv2dImplementation(Ordinary, 0), StringComparison.Ordinal);
    }

    [CudnnFact]
    public void WhereCudnnFindsNoMemoryToStartAutoTakesTheOwnKernels()
    {
        Assert.SkipUnless(CudaDevice.Emulated, "a GPU's libraries cannot be asked to fail");
        const int allocFailed = 2;
        Emulator.emu_fail("cudnnCreate", 0, 1, allocFailed);
        using var backend = new CudaBackend(0, ConvLibrary.Auto);
        Assert.Equal(ConvPasses.Run(devices.Cuda, Ordinary, DType.F32), ConvPasses.Run(backend, Ordinary, DType.F32)); // bit for bit
        Assert.Equal(devices.Cuda.Conv2dImplementation(Ordinary, 0), backend.Conv2dImplementation(Ordinary, 0));
    }

    [CudnnFact]
    public void AutoMeasuresBothAndTakesTheFaster()
    {
        using (var first = new CudaBackend(0, ConvLibrary.Auto))
        {
            float[][] expected = ConvPasses.Run(devices.Cuda, Ordinary, DType.F16), actual = ConvPasses.Run(first, Ordinary, DType.F16);
            for (int pass = 0; pass < 3; pass++) Assert.Null(CaseRun.Difference(expected[pass], actual[pass], 0.0025));
            foreach (string line in File.ReadAllLines(MeasurementFile()))
            {
                var measured = ConvMeasurement.Parse(line.Split(" = ")[1])!;
                bool faster = measured.CudnnMilliseconds < measured.NativeMilliseconds!.Value;
                int pass = (int)Enum.Parse<ConvPass>(line.Split(' ')[0]);
                Assert.Equal(faster, first.Conv2dImplementation(Ordinary, pass, DType.F16).StartsWith("cudnn", StringComparison.Ordinal));
            }
        }

        const string key = "Forward F16 2 8 8 16 32 3 3 2 1 1 = cudnn 1 1 0 0.5 native ";
        Rewrite(key + "0.4");
        using (var native = new CudaBackend(0, ConvLibrary.Auto)) Assert.DoesNotContain("cudnn", native.Conv2dImplementation(Ordinary, 0, DType.F16), StringComparison.Ordinal);
        Rewrite(key + "0.6");
        using (var cudnn = new CudaBackend(0, ConvLibrary.Auto)) Assert.Equal("cudnn algorithm 1", cudnn.Conv2dImplementation(Ordinary, 0, DType.F16));
    }

    [Theory]
    [InlineData("cudnn 1 3 4096 0.25 native unknown")]
    [InlineData("cudnn 0 1 0 12.5 native 0.125")]
    [InlineData("cudnn none native 3")]
    public void AMeasurementIsReadAsItIsWritten(string text) => Assert.Equal(text, ConvMeasurement.Parse(text)!.ToString());

    [Theory]
    [InlineData("")]
    [InlineData("cudnn 1 3 native unknown")]
    [InlineData("cudnn 1 3 -1 0.25 native unknown")]
    [InlineData("cudnn 1 3 0 soon native unknown")]
    [InlineData("cudnn 1 3 0 0.25 native soon")]
    public void WhatIsNoMeasurementIsNotRead(string text) => Assert.Null(ConvMeasurement.Parse(text));

    private string MeasurementFile() => Assert.Single(Directory.GetFiles(folder.File("convolutions")));

    private void Rewrite(params string[] lines) => File.WriteAllLines(MeasurementFile(), lines);
}
