using NativeTrain.Cuda.Kernels;
using NativeTrain.Testing;
using Xunit;

namespace NativeTrain.Kernels.Tests;

/// <summary>Compiled kernels on disk: found again where nothing changed, never half.</summary>
public sealed class CubinCacheTests : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly EnvironmentVariable variable;
    private readonly CompiledKernel kernel = new([1, 0, 2, 0, 0, 3], "_Z4siluIfEv");

    public CubinCacheTests() => variable = new EnvironmentVariable("NATIVETRAIN_CACHE", folder.Path);

    public void Dispose()
    {
        variable.Dispose();
        folder.Dispose();
    }

    [Fact]
    public void WhatIsWrittenIsRead()
    {
        string file = new CubinCache().FileOf("silu", "sm_80");
        Assert.StartsWith(folder.Path, file, StringComparison.Ordinal);
        Assert.Null(CubinCache.Read(file));
        CubinCache.Write(file, kernel);
        var read = CubinCache.Read(file)!;
        Assert.Equal(kernel.Name, read.Name);
        Assert.Equal(kernel.Image, read.Image);
        Assert.Single(Directory.EnumerateFiles(folder.Path, "*", SearchOption.AllDirectories));
    }

    [Fact]
    public void EveryPartIsOfTheName()
    {
        var cache = new CubinCache();
        string[] files = [cache.FileOf("a", "b"), cache.FileOf("ab", ""), cache.FileOf("a", "b", ""), cache.FileOf("b", "a")];
        Assert.Equal(files.Length, files.Distinct().Count());
        Assert.Equal(files[0], cache.FileOf("a", "b"));
    }

    [Theory]
    [InlineData(new byte[] { })]
    [InlineData(new byte[] { 65, 66 })]
    [InlineData(new byte[] { 65, 0 })]
    public void WhatIsNoKernelIsNotRead(byte[] bytes)
    {
        string file = folder.File("x.cubin");
        File.WriteAllBytes(file, bytes);
        Assert.Null(CubinCache.Read(file));
    }

    [Fact]
    public void AFolderThatCannotBeWrittenCostsNothingElse()
    {
        File.WriteAllText(folder.File("kernels"), "a file where the folder should be");
        string file = new CubinCache().FileOf("silu");
        CubinCache.Write(file, kernel);
        Assert.Null(CubinCache.Read(file));
    }

    [Fact]
    public void AChangedHeaderChangesEveryFile()
    {
        File.WriteAllText(folder.File("a.cu"), "__global__ void a() {}");
        File.WriteAllText(folder.File("b.cu"), "__global__ void b() {}");
        File.WriteAllText(folder.File("h.cuh"), "#define H 1");
        string a = new KernelSources(folder.Path).Hash("a"), b = new KernelSources(folder.Path).Hash("b");
        Assert.NotEqual(a, b);
        Assert.Equal(a, new KernelSources(folder.Path).Hash("a"));
        File.WriteAllText(folder.File("h.cuh"), "#define H 2");
        Assert.NotEqual(a, new KernelSources(folder.Path).Hash("a"));
        Assert.NotEqual(b, new KernelSources(folder.Path).Hash("b"));
    }
}
