using NativeTrain.Nn;
using NativeTrain.Testing;
using Xunit;

namespace NativeTrain.Training.Tests;

/// <summary>The list of a data set's files, and what of it is said to be different.</summary>
public sealed class DataFilesTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private DataFiles Of(params (string Name, int Size)[] files)
    {
        foreach (var (name, size) in files) File.WriteAllBytes(folder.File(name), new byte[size]);
        return DataFiles.Of(files.Select(f => folder.File(f.Name)), folder.Path);
    }

    [Theory]
    [InlineData("a 1,b 2", "a 1,b 2", null)]
    [InlineData("a 1,b 2", "b 2", "a is gone")]
    [InlineData("a 1", "a 1,c d 3", "c d is new")]
    [InlineData("a 1,b 2", "a 1,b 3", "b has 3 bytes, it had 2")]
    [InlineData("a 1,b 2,c 3", "a 2,c 4", "a has 2 bytes, it had 1, and 2 more")]
    public void TheFirstDifferenceIsNamed(string before, string now, string? difference) =>
        Assert.Equal(difference, DataFiles.Difference(Parse(before), Parse(now)));

    [Fact]
    public void TheListIsReadAsItWasWritten()
    {
        var files = Of(("é with a blank", 5), ("b", 0));
        string path = folder.File("list.safetensors");
        Safetensors.Write(path, [files.Entry("data")]);
        Assert.Null(DataFiles.Difference(files, DataFiles.Read(Safetensors.Read(path), "data")));
    }

    private DataFiles Parse(string text) => Of([.. text.Split(',').Select(f => (f[..f.LastIndexOf(' ')], int.Parse(f[(f.LastIndexOf(' ') + 1)..])))]);
}
