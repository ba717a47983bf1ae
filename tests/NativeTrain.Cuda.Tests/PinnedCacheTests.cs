using NativeTrain.Core;
using NativeTrain.Cuda.Bindings;
using NativeTrain.Testing;
using NativeTrain.Training;
using NativeTrain.Vision.Data;
using Xunit;

namespace NativeTrain.Cuda.Tests;

/// <summary>cache=ram on the device: the pixels of a set to validate on are pinned and uploaded from where they lie, and nothing else changes.</summary>
[Collection(Devices.Name)]
public sealed class PinnedCacheTests : IDisposable
{
    private const int OutOfMemory = 2;

    private readonly CudaBackend cuda;
    private readonly TemporaryFolder folder = new();
    private readonly DataYaml data;

    public PinnedCacheTests(Devices devices)
    {
        cuda = devices.Cuda;
        ShapesGenerator.Write(folder.File("set"), 4, 5, size: 64, seed: 1);
        data = DataYaml.Load(folder.File("set/data.yaml"));
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public void BatchesAreUploadedFromTheCache()
    {
        using var plain = DetectionDataset.Open(data, "val", 64);
        using var cached = DetectionDataset.Open(data, "val", 64, new CacheOptions { Mode = CacheMode.Ram, Memory = cuda.AllocateHost });
        using ValLoader copies = new(plain, 2, 64, rect: false, workers: 0), batches = new(cached, 2, 64, rect: false, workers: 0);
        foreach (var (copy, batch) in copies.All().Zip(batches.All()))
            using (copy)
            using (batch)
            {
                Assert.True(cuda.IsPinned(batch.Images));
                byte[] there = new byte[batch.Images.Length];
                using var t = Tensor.Create(cuda, new Shape(there.Length), DType.U8);
                cuda.Prefetch(batch.Images);
                cuda.Upload(batch.Images, t);
                cuda.Download(t, there);
                Assert.True(copy.Images.SequenceEqual(there));
            }
    }

    /// <summary>A copy that was asked for is made before the memory that it reads from goes.</summary>
    [Fact]
    public void TheSetMayBeClosedRightAfterAnUpload()
    {
        byte[] expected, there = new byte[64 * 64 * 3];
        using var t = Tensor.Create(cuda, new Shape(there.Length), DType.U8);
        using (var set = DetectionDataset.Open(data, "val", 64, new CacheOptions { Mode = CacheMode.Ram, Memory = cuda.AllocateHost }))
        {
            expected = set.Load(1).Pixels.ToArray();
            cuda.Upload(set.Load(1).Pixels, t);
        }
        cuda.Download(t, there);
        Assert.Equal(expected, there);
    }

    [Fact]
    public void ACacheThatIsNotFilledIsFreed()
    {
        HostBlock? taken = null;
        Assert.Throws<OperationCanceledException>(() => DetectionDataset.Open(data, "val", 64, new CacheOptions
        {
            Mode = CacheMode.Ram, Memory = bytes => taken = cuda.AllocateHost(bytes), Say = _ => throw new OperationCanceledException(),
        }));
        Assert.Throws<ObjectDisposedException>(() => taken!.GetSpan().Length);
    }

    [Theory]
    [InlineData(0, 0)]
    [InlineData(1, int.MaxValue)] // the driver pins the first cache and nothing else: no batch, and no cache of the second run
    public void WeightsAndFiguresAreThoseWithoutACache(int pinned, int refused)
    {
        Assert.SkipUnless(refused == 0 || CudaDevice.Emulated, "a GPU's driver cannot be asked to refuse");
        string plain = Train("plain", out double[] without, "cache=false");
        var told = new List<string>();
        if (CudaDevice.Emulated) Emulator.emu_fail("cuMemHostAlloc", pinned, refused, OutOfMemory);
        string cached = Train("ram", out double[] with, "cache=ram", told);
        if (CudaDevice.Emulated) Emulator.emu_fail("cuMemHostAlloc", 0, 0, OutOfMemory);
        Assert.Equal(File.ReadAllBytes(plain), File.ReadAllBytes(cached));
        Assert.Equal(without, with);
        Assert.Equal(refused > 0 ? 1 : 0, told.Count(m => m.StartsWith("val: cuMemHostAlloc: ", StringComparison.Ordinal) && m.Contains("cannot be pinned: the rest of the pixels lies in ordinary memory", StringComparison.Ordinal)));
    }

    /// <summary>Trains for an epoch and validates in squares; the weights' file, and what was found.</summary>
    private string Train(string name, out double[] found, string cache, List<string>? told = null)
    {
        var progress = new Told(told ?? []);
        var run = Trainer.Run(cuda, TrainOptions.Parse(Verb.Train,
            "model=yolo11n.yaml", $"data={data.Path}", "imgsz=64", "batch=4", "epochs=1", "workers=0", "plots=false", "amp=false", $"project={folder.Path}", $"name={name}", cache), progress);
        var result = Validator.Run(cuda, TrainOptions.Parse(Verb.Val,
            $"model={run.Best}", $"data={data.Path}", "rect=false", "batch=2", "workers=0", "plots=false", $"project={folder.Path}", $"name={name}-val", cache), progress);
        found = [.. result!.Metrics, .. result.Loss.Values];
        return run.Best;
    }

    private sealed class Told(List<string> lines) : ITrainingProgress
    {
        public void OnMessage(string message) => lines.Add(message);
    }
}
