using NativeTrain.Core;
using NativeTrain.Race;
using NativeTrain.Vision.Data;
using Xunit;

namespace NativeTrain.Training.Tests;

/// <summary>The parts of bench/NativeTrain.Race that need no libtorch.</summary>
public class RaceTests
{
    [Fact]
    public void QuartilesLieBetweenTheValues()
    {
        var spread = Spread.Of([4, 1, 3, 2]);
        Assert.Equal(new Spread(1.75, 2.5, 3.25), spread);
        Assert.Equal(new Spread(7, 7, 7), Spread.Of([7]));
        Assert.Throws<ArgumentException>(() => Spread.Of([]));
    }

    [Fact]
    public void ARatioIsOfMediansAndItsSpreadOfRounds()
    {
        // Medians 4 and 2; the rounds' ratios are 2, 4 and 1.
        var ratio = Ratio.Of([2, 8, 4], [1, 2, 4]);
        Assert.Equal(2, ratio.Median);
        Assert.Equal(1.5, ratio.Low);
        Assert.Equal(3, ratio.High);
        Assert.Throws<ArgumentException>(() => Ratio.Of([1, 2], [1]));
    }

    [Fact]
    public void SettingsGoToChildrenAsTheyCame()
    {
        var settings = RaceSettings.Parse(["batch=4", "imgsz=128", "lr=0.00025", "threads=1", "nc=7"]);
        var child = RaceSettings.Parse(settings.ForChild(bfloat16: true));
        Assert.Equal((4, 128, 0.00025f, 1, 7, true), (child.Batch, child.ImageSize, child.LearningRate, child.Threads, child.Classes, child.BFloat16));
    }

    [Theory]
    [InlineData("laps=3", "laps")]
    [InlineData("batch=no", "batch=no")]
    [InlineData("imgsz=100", "multiple of 32")]
    [InlineData("parts=swim", "swim")]
    [InlineData("rounds", "name=value")]
    public void AWrongSettingIsNamed(string word, string named) =>
        Assert.Contains(named, Assert.Throws<InputException>(() => RaceSettings.Parse([word])).Message);

    [Fact]
    public void ABatchComesBackFromItsFile()
    {
        string path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.safetensors");
        byte[] pixels = [.. Enumerable.Range(0, 2 * 32 * 32 * 3).Select(i => (byte)i)];
        try
        {
            BatchFile.Write(path, new DetectionBatch(new PixelBuffer(pixels)) { N = 2, H = 32, W = 32, Samples = [], Targets = [0, 1, 0.5f, 0.5f, 0.25f, 0.125f] });
            using var read = BatchFile.Read(path);
            Assert.Equal((2, 32, 32), (read.N, read.H, read.W));
            Assert.Equal(pixels, read.Images.ToArray());
            Assert.Equal([0, 1, 0.5f, 0.5f, 0.25f, 0.125f], read.Targets);
        }
        finally
        {
            File.Delete(path);
        }
    }

    [Fact]
    public void TheTableSaysWhatIsReached()
    {
        string[] lines = [.. RaceReport.Table([new RaceRow("step", "0.3 s"), RaceRow.Bounded("ratio", new Spread(2, 2.6, 3), "×", 2.5, atLeast: true), RaceRow.Bounded("memory", new Spread(0.7, 0.7, 0.7), "×", 0.6, atLeast: false)])];
        Assert.Equal(5, lines.Length);
        Assert.Single(lines.Select(l => l.Length).Distinct());
        Assert.Contains("2.60× (2.00…3.00) | ≥ 2.5× | reached", lines[3]);
        Assert.Contains("≤ 0.6× | not yet", lines[4]);
    }

    /// <summary>The smallest file that has a needed version: an ELF header, a verneed section of one library and one version, and its names.</summary>
    private static byte[] Elf(string version)
    {
        byte[] names = [0, .. "lib.so\0"u8, .. System.Text.Encoding.ASCII.GetBytes(version), 0];
        byte[] file = new byte[64 + 2 * 64 + 32 + names.Length];
        int needs = 64 + 128, strings = needs + 32;
        "\u007fELF\u0002\u0001"u8.CopyTo(file);
        BitConverter.TryWriteBytes(file.AsSpan(40), 64L); // section headers
        BitConverter.TryWriteBytes(file.AsSpan(58), (ushort)64);
        BitConverter.TryWriteBytes(file.AsSpan(60), (ushort)2);
        Section(64, 0x6ffffffe, needs, link: 1, info: 1);
        Section(128, 3, strings, link: 0, info: 0);
        BitConverter.TryWriteBytes(file.AsSpan(needs + 2), (ushort)1); // one version
        BitConverter.TryWriteBytes(file.AsSpan(needs + 8), 16u); // its entry
        BitConverter.TryWriteBytes(file.AsSpan(needs + 16 + 8), 8u); // its name
        names.CopyTo(file, strings);
        return file;

        void Section(int at, uint type, long offset, uint link, uint info)
        {
            BitConverter.TryWriteBytes(file.AsSpan(at + 4), type);
            BitConverter.TryWriteBytes(file.AsSpan(at + 24), offset);
            BitConverter.TryWriteBytes(file.AsSpan(at + 40), link);
            BitConverter.TryWriteBytes(file.AsSpan(at + 44), info);
        }
    }

    [Theory]
    [InlineData("GLIBCXX_3.4.32", 2)]
    [InlineData("GLIBCXX_3.4.31", 0)]
    public void ANeededVersionIsMadeWeak(string version, int flags)
    {
        string path = Path.Combine(Path.GetTempPath(), $"{Guid.NewGuid():N}.so");
        try
        {
            File.WriteAllBytes(path, Elf(version));
            ElfVersions.Weaken(path, "GLIBCXX_3.4.32");
            byte[] expected = Elf(version);
            expected[64 + 128 + 16 + 4] = (byte)flags;
            Assert.Equal(expected, File.ReadAllBytes(path));
        }
        finally
        {
            File.Delete(path);
        }
    }
}
