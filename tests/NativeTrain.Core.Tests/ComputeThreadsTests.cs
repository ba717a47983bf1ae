using NativeTrain.Cpu;
using Xunit;

namespace NativeTrain.Core.Tests;

/// <summary>The pool of compute threads (native/cpu/threads.cpp): whoever calls, whatever it did before, an op's result is the same.</summary>
[Collection("convolutions")]
public sealed class ComputeThreadsTests
{
    private static readonly Conv2dShape Shape = new(2, 40, 40, 16, 32, 3, 3, 1, 1, 1);
    private static readonly float[] X = Numbers(Shape.N * Shape.H * Shape.W * Shape.IC), W = Numbers(Shape.OC * 9 * Shape.IC);

    private static float[] Numbers(int count) => [.. Enumerable.Range(0, count).Select(i => (i * 7919 % 2003 - 1001) * 1e-3f)];

    /// <summary>A convolution of two images, in several pieces for all threads.</summary>
    private static float[] Convolve(int threads = 0)
    {
        using var backend = new CpuBackend(threads);
        using var x = Tensor.Create(backend, new Shape(Shape.N, Shape.H, Shape.W, Shape.IC));
        using var w = Tensor.Create(backend, new Shape(Shape.OC, 3, 3, Shape.IC));
        using var y = Tensor.Create(backend, new Shape(Shape.N, Shape.OH, Shape.OW, Shape.OC));
        X.CopyTo(x.HostSpan<float>());
        W.CopyTo(w.HostSpan<float>());
        backend.Conv2dForward(x, w, null, y, Shape);
        return y.HostSpan<float>().ToArray();
    }

    [Fact]
    public void CallersAtTheSameTimeGetTheirOwnResults()
    {
        using var restored = new RestoredThreads();
        float[] alone = Convolve(threads: 3);
        var results = new float[4][];
        Thread[] callers = [.. results.Select((_, i) => new Thread(() =>
        {
            for (int round = 0; round < 30; round++)
                if (results[i] is null || results[i].AsSpan().SequenceEqual(alone)) results[i] = Convolve();
        }))];
        foreach (var caller in callers) caller.Start();
        foreach (var caller in callers) caller.Join();
        Assert.All(results, r => Assert.Equal(alone, r));
    }

    [Fact]
    public void ThreadsThatFellAsleepWorkAgain()
    {
        using var restored = new RestoredThreads();
        float[] first = Convolve(threads: 3);
        for (int round = 0; round < 5; round++)
        {
            Thread.Sleep(20);
            Assert.Equal(first, Convolve());
        }
    }

    [Fact]
    public void MoreAndFewerThreadsMayFollow()
    {
        using var restored = new RestoredThreads();
        float[] one = Convolve(threads: 1);
        foreach (int threads in (int[])[4, 2, 5, 1, 3, 70]) // Parts has 64: more threads share them
            Assert.Equal(one, Convolve(threads));
    }
}
