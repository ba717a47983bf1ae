using NativeTrain.Core;
using NativeTrain.Testing;
using NativeTrain.Vision.Data;
using NativeTrain.Vision.Data.Splitting;
using Xunit;

namespace NativeTrain.Vision.Tests.Data.Splitting;

public sealed class StratifiedSplitTests
{
    /// <summary>Classes from frequent to rare, several an image: each part gets its share of each class, and its size exactly.</summary>
    [Fact]
    public void EachClassIsDividedInProportion()
    {
        var random = new Random(8);
        double[] chance = [0.9, 0.5, 0.2, 0.05];
        IReadOnlyList<int>[] labels = [.. Enumerable.Range(0, 600).Select(_ => (int[])
            [.. Enumerable.Range(0, 4).Where(c => random.NextDouble() < chance[c]).SelectMany(c => Enumerable.Repeat(c, random.Next(1, 4)))])];
        int[] sizes = [420, 120, 60];
        int[] part = StratifiedSplit.Divide(labels, 4, sizes, seed: 0);
        for (int p = 0; p < 3; p++)
        {
            Assert.Equal(sizes[p], part.Count(x => x == p));
            for (int c = 0; c < 4; c++)
            {
                double all = labels.Sum(l => l.Count(x => x == c)), here = labels.Where((_, i) => part[i] == p).Sum(l => l.Count(x => x == c));
                Assert.InRange(here / all - sizes[p] / 600.0, -0.03, 0.03);
            }
        }
    }

    /// <summary>A class of five images, one of them wanted for validation, gets one there, whatever the seed: chance alone would miss it in a third of the cases.</summary>
    [Fact]
    public void ARareClassIsInBothParts()
    {
        IReadOnlyList<int>[] labels = [.. Enumerable.Range(0, 100).Select(i => (int[])(i % 20 == 0 ? [0, 1] : [0]))];
        for (int seed = 0; seed < 30; seed++)
        {
            int[] part = StratifiedSplit.Divide(labels, 2, [80, 20], seed);
            Assert.Single(labels.Where((l, i) => part[i] == 1 && l.Contains(1)));
        }
    }

    [Fact]
    public void TheSeedDecides()
    {
        IReadOnlyList<int>[] labels = [.. Enumerable.Range(0, 50).Select(i => (int[])[i % 3])];
        Assert.Equal(StratifiedSplit.Divide(labels, 3, [40, 10], 1), StratifiedSplit.Divide(labels, 3, [40, 10], 1));
        Assert.NotEqual(StratifiedSplit.Divide(labels, 3, [40, 10], 1), StratifiedSplit.Divide(labels, 3, [40, 10], 2));
    }

    [Fact]
    public void TheListsNameTheImagesWhereTheyAre()
    {
        using var folder = new TemporaryFolder();
        var yaml = TestPictures.WriteSet(folder, Enumerable.Range(0, 10).Select(i => (TestPictures.Noise(8, 8, i), $"{i % 2} 0.5 0.5 0.5 0.5\n")));
        var (parts, names, made) = SetSplit.Write(yaml.Path, null, val: 0.2, test: 0.1, seed: 3);
        Assert.Equal([("train", 7), ("val", 2), ("test", 1)], parts.Select(p => (p.Split, p.Images.Count)));
        Assert.Equal(["a", "b"], names);

        var split = DataYaml.Load(Path.Combine(made, "data.yaml"));
        Assert.Equal(["a", "b"], split.Names);
        Assert.Equal(yaml.Images("train"), parts.SelectMany(p => split.Images(p.Split)).Order(StringComparer.Ordinal));
        Assert.StartsWith("../images/train/", File.ReadLines(Path.Combine(made, "val.txt")).First());
        Assert.Contains("already", Assert.Throws<InputException>(() => SetSplit.Write(yaml.Path, null, 0.2, 0, 0)).Message);
    }

    [Fact]
    public void AFolderWithoutYamlIsDividedToo()
    {
        using var folder = new TemporaryFolder();
        var yaml = TestPictures.WriteSet(folder, Enumerable.Range(0, 5).Select(i => (TestPictures.Noise(8, 8, i), "2 0.5 0.5 0.5 0.5\n")), "[a, b, c]");
        File.Delete(yaml.Path);
        var (_, names, made) = SetSplit.Write(folder.Path, folder.File("lists"), 0.2, 0, 0);
        Assert.Equal(["class_0", "class_1", "class_2"], names);
        Assert.Equal(4, DataYaml.Load(Path.Combine(made, "data.yaml")).Images("train").Count);
        Assert.False(File.Exists(Path.Combine(made, "test.txt")));
    }

    [Fact]
    public void WhatCannotBeDividedIsRefused()
    {
        using var folder = new TemporaryFolder();
        Assert.Contains("no image", Assert.Throws<InputException>(() => SetSplit.Write(folder.Path, null, 0.2, 0, 0)).Message);
        File.WriteAllBytes(folder.Nested("images/1.png"), TestPictures.Png(TestPictures.Noise(8, 8)));
        folder.Write("labels/1.txt", "0 0.5 0.5 0.5 0.5\n");
        Assert.Contains("leave none", Assert.Throws<InputException>(() => SetSplit.Write(folder.Path, null, 0.2, 0, 0)).Message);
        File.Delete(folder.File("labels/1.txt"));
        File.WriteAllBytes(folder.Nested("images/2.png"), TestPictures.Png(TestPictures.Noise(8, 8)));
        Assert.Contains("no label file", Assert.Throws<InputException>(() => SetSplit.Write(folder.Path, null, 0.2, 0, 0)).Message);
    }
}
