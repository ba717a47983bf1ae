using System.Text;
using NativeTrain.Core;
using NativeTrain.Cpu;
using NativeTrain.Nn;
using NativeTrain.Testing;
using NativeTrain.Testing.Fuzz;
using NativeTrain.Vision.Data;
using NativeTrain.Vision.Images;
using NativeTrain.Vision.Models;
using Xunit;

namespace NativeTrain.Vision.Tests.Data;

/// <summary>Thousands of damaged pictures, label files, descriptions of data sets and graphs; see <see cref="FuzzRun"/>.</summary>
public sealed class DataFuzzTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private static readonly RgbImage Picture = TestPictures.Noise(40, 56);

    /// <summary>A picture's pixels are at most what its format can pack into so many bytes: 8·64 pixels a byte of a JPEG, 3 bytes each.</summary>
    [Fact]
    public void DamagedJpegs()
    {
        byte[][] files = [TestPictures.Jpeg(Picture, 50), TestPictures.Jpeg(RgbImage.Filled(200, 200, 90), 90)];
        FuzzRun.Run(files, 1000, folder.File("a.jpg"), Load, file => 300_000 + 3 * 512 * 3 * file);
    }

    /// <summary>1032 bytes of pixels a byte of a PNG, up to 24 pixels' bytes each where a pixel is one bit.</summary>
    [Fact]
    public void DamagedPngs() =>
        FuzzRun.Run([TestPictures.Png(Picture), TestPictures.Png(RgbImage.Filled(100, 100, 9))], 1000, folder.File("a.png"), Load, file => 300_000 + 2 * 1032 * 24 * file);

    [Fact]
    public void DamagedBmps() => FuzzRun.Run([TestPictures.Bmp(Picture)], 1000, folder.File("a.bmp"), Load, file => 300_000 + 3 * 24 * file);

    [Fact]
    public void DamagedLabels()
    {
        byte[] file = Encoding.UTF8.GetBytes("0 0.5 0.5 0.2 0.3\n1 0.1 0.1 0.4 0.1 0.2 0.5\r\n\n2 0.25 1e-1 0.125 0.0625\n");
        FuzzRun.Run([file], 1000, folder.File("a.txt"), p => LabelFile.Read(p, 3, new List<string>()), length => 50_000 + 200 * length);
    }

    [Fact]
    public void DamagedDescriptions()
    {
        byte[] file = Encoding.UTF8.GetBytes("# a set\npath: .\ntrain: [a.png, \"b.png\"]\nval: a.png\nnc: 3\nnames:\n  0: one\n  1: 'two'\n  2: three\n");
        FuzzRun.Run([file], 700, folder.File("data.yaml"), p => DataYaml.Load(p), length => 2_000_000 + 2000 * length);
    }

    /// <summary>A weights file can bring a graph of its own; a damaged one is not to be built.</summary>
    [Fact]
    public void DamagedGraphs()
    {
        byte[] file = Encoding.UTF8.GetBytes("sizes: {n: [0.5, 0.25, 64]}\nlayers:\n- [-1, 1, Conv, [64, 3, 2]]\n- [-1, 2, C3k2, [64, false, 0.25]]\n- [[-1], 1, Detect, []]\n");
        FuzzRun.Run([file], 500, folder.File("n.yaml"), p =>
        {
            using var meta = new MetaBackend();
            YoloModel.Create(meta, YoloSpec.Resolve(p), 2).Dispose();
        }, length => 20_000_000 + 2000 * length);
    }

    [Theory]
    [InlineData("[", "")]
    [InlineData("{a: ", "")]
    [InlineData("- ", "")]
    [InlineData("? ", "")]
    public void DeepYamlIsRefused(string open, string close)
    {
        string path = folder.File("data.yaml");
        File.WriteAllText(path, "train: " + string.Concat(Enumerable.Repeat(open, 100_000)) + close);
        var e = Assert.Throws<InputException>(() => DataYaml.Load(path));
        Assert.DoesNotContain('\n', e.Message);
    }

    [Fact]
    public void YamlThatHoldsItselfIsRefused()
    {
        string path = folder.File("data.yaml");
        File.WriteAllText(path, "train: &a [*a]\nnames: [x]\n");
        Assert.Equal($"{path}:1: malformed yaml: an alias (*name) is not read here; write the value out", Assert.Throws<InputException>(() => DataYaml.Load(path)).Message);
    }

    /// <summary>A claim of many pixels costs nothing where the file cannot hold them.</summary>
    [Theory]
    [InlineData("a.png")]
    [InlineData("a.jpg")]
    [InlineData("a.bmp")]
    public void AClaimBeyondTheFileIsRefused(string name)
    {
        byte[] file = name switch { "a.png" => TestPictures.Png(Picture), "a.jpg" => TestPictures.Jpeg(Picture), _ => TestPictures.Bmp(Picture) };
        byte[] size = name switch { "a.png" => [0, 0, 0, 56, 0, 0, 0, 40], "a.jpg" => [0, 40, 0, 56], _ => [56, 0, 0, 0, 40, 0, 0, 0] };
        byte[] claim = name switch { "a.png" => [0, 0, 0x50, 0, 0, 0, 0x50, 0], "a.jpg" => [0x50, 0, 0x50, 0], _ => [0, 0x50, 0, 0, 0, 0x50, 0, 0] };
        claim.CopyTo(file, file.AsSpan().IndexOf(size));
        File.WriteAllBytes(folder.File(name), file);
        long before = GC.GetAllocatedBytesForCurrentThread();
        var e = Assert.Throws<InputException>(() => ImageFile.Load(folder.File(name)));
        Assert.Equal($"{folder.File(name)}: unreadable image: the header claims 20480×20480 pixels, more than the file can hold; replace or remove the file", e.Message);
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, 1_000_000);
    }

    [Fact]
    public void AJpegOfThousandsOfScansIsRefused()
    {
        byte[] file = TestPictures.Jpeg(Picture);
        byte[] scan = [0xFF, 0xDA, 0, 8, 1, 1, 0, 1, 1, 0];
        File.WriteAllBytes(folder.File("a.jpg"), [.. file[..^2], .. Enumerable.Repeat(scan, 5000).SelectMany(s => s), .. file[^2..]]);
        Assert.Contains("a JPEG of more than 100 scans", Assert.Throws<InputException>(() => ImageFile.Load(folder.File("a.jpg"))).Message);
    }

    /// <summary>A graph in a file's metadata that asks for more than the file holds is refused before anything is allocated.</summary>
    [Theory]
    [InlineData("- [-1, 1000000, C3k2, [64, false]]", "C3k2 repeats 500000 times; 100 is the most")]
    [InlineData("- [-1, 1, Conv, [999999999, 3, 1]]", "Conv has 2.5e+08 channels; 65536 are the most")]
    [InlineData("- [-1, 1, Conv, [60000, 99, 1]]", "model.1.conv.weight is missing")]
    public void AGraphBeyondItsFileIsRefused(string layer, string expected)
    {
        string graph = $"sizes: {{n: [0.5, 0.25, 999999999]}}\nlayers:\n- [-1, 1, Conv, [64, 3, 2]]\n{layer}\n- [-1, 1, Detect, []]\n";
        Safetensors.Write(folder.File("a.safetensors"),
        [
            SafetensorsEntry.FromFloats("model.0.conv.weight", new Shape(16, 3, 3, 3), new float[432]),
            SafetensorsEntry.FromFloats("model.2.cv3.0.2.weight", new Shape(1, 1, 1, 1), [0]),
            .. new[] { "conv.bias", "bn.weight", "bn.bias", "bn.running_mean", "bn.running_var" }.Select(n => SafetensorsEntry.FromFloats("model.0." + n, new Shape(16), new float[16])),
        ], new Dictionary<string, string> { ["graph"] = graph, ["size"] = "n" });
        using var cpu = new CpuBackend();
        Assert.Contains(expected, Assert.Throws<InputException>(() => WeightsFile.Open(cpu, folder.File("a.safetensors"))).Message);
        Assert.InRange(cpu.Allocator.PeakBytes, 0, 1_000_000);
    }

    private static void Load(string path) => ImageFile.Load(path);
}
