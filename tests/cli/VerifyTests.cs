using NativeTrain.Nn;
using NativeTrain.Testing;
using Xunit;

namespace NativeTrain.Cli.Tests;

/// <summary>verify: exit code 0 where all tensors agree, 1 where one does not.</summary>
public class VerifyTests
{
    private const string Prefix = "yolo11n-nc3-128";

    [SharedTheory]
    [InlineData(Prefix)]
    [InlineData("yolo11n-seg-nc2-96")]
    [InlineData("yolo11n-cls-nc3-64")]
    public void TheReferencesNumbersAgree(string prefix)
    {
        var r = Tool.Run(Shared.Root, "verify", Shared.File($"golden/{prefix}"));
        Expect.Success(r);
        Assert.Matches(@"all \d+ tensors agree\n$", r.Out);
    }

    [SharedFact]
    public void OneWrongGradientIsFoundByItsName()
    {
        using var folder = new TemporaryFolder();
        foreach (string file in Directory.EnumerateFiles(Shared.File("golden"), $"{Prefix}.*"))
            File.Copy(file, folder.File(Path.GetFileName(file)));
        string expected = folder.File($"{Prefix}.expected.safetensors");
        var read = Safetensors.Read(expected);
        var spoiled = read.Entries.First(e => e.Name.StartsWith("grad.", StringComparison.Ordinal));
        float[] values = spoiled.ToFloats();
        values[values.Length / 2] += 0.01f * values.Max(Math.Abs);
        Safetensors.Write(expected, read.Entries.Select(e => e == spoiled ? SafetensorsEntry.FromFloats(e.Name, e.Shape, values) : e), read.Metadata);

        var r = Tool.Run(folder.Path, "verify", Prefix);
        Assert.True(r.ExitCode == 1, $"exit code {r.ExitCode}\n{r.Out}{r.Error}");
        string line = Assert.Single(r.Out.Split('\n'), l => l.StartsWith("out of tolerance: ", StringComparison.Ordinal));
        Assert.Contains(spoiled.Name, line);
        Assert.Matches(@"1 of \d+ tensors disagree\n$", r.Out);
    }
}
