using System.Runtime.InteropServices;
using NativeTrain.Core;
using NativeTrain.Core.Ops;
using Xunit;

namespace NativeTrain.Cuda.Tests.Graphs;

/// <summary>Pieces of work that the device records and replays, and what cannot be recorded.</summary>
[Collection(Devices.Name)]
public sealed class RecordTests : IDisposable
{
    private readonly CudaBackend cuda = Devices.OpenRecording();
    private readonly Tensor x, y;

    public RecordTests()
    {
        x = Tensor.Create(cuda, new Shape(64));
        y = Tensor.Create(cuda, new Shape(64));
        cuda.Fill(x, 1);
        cuda.Fill(y, 0);
    }

    public void Dispose()
    {
        x.Dispose();
        y.Dispose();
        cuda.Dispose();
    }

    /// <summary>y += 2·x by way of a tensor that the work makes.</summary>
    private void Work()
    {
        using var twice = Tensor.Create(cuda, x.Shape);
        cuda.Add(x, x, twice);
        cuda.Copy(twice, y, accumulate: true);
    }

    [Fact]
    public void WorkIsRecordedWithoutBeingDoneAndDoneWithEachRun()
    {
        Work();
        using var replay = cuda.Record(Work);
        All(2);
        replay.Run();
        All(4);
        cuda.Fill(x, 10);
        replay.Run();
        replay.Run();
        All(44);
    }

    [Fact]
    public void ARunIsOneLaunch()
    {
        Work();
        long before = cuda.Launches;
        Work();
        Assert.Equal(2, cuda.Launches - before);
        using var replay = cuda.Record(Work);
        Assert.Equal(2, cuda.Launches - before);
        replay.Run();
        Assert.Equal(3, cuda.Launches - before);
    }

    [Fact]
    public void ARunCountsTheMemoryThatTheRecordedWorkTook()
    {
        cuda.Allocator.ResetPeak();
        Work();
        long peak = cuda.Allocator.PeakBytes, live = cuda.Allocator.LiveBytes;
        using var replay = cuda.Record(Work);
        cuda.Allocator.ResetPeak();
        Assert.Equal(live, cuda.Allocator.PeakBytes);
        replay.Run();
        Assert.Equal(peak, cuda.Allocator.PeakBytes);
        Assert.Equal(live, cuda.Allocator.LiveBytes);
    }

    [Fact]
    public void AReplayHoldsForTheSameTensorsOnly()
    {
        Work();
        using var replay = cuda.Record(Work);
        Assert.True(replay.IsValid);
        using (Tensor.Create(cuda, new Shape(1))) Assert.False(replay.IsValid);
        Assert.True(replay.IsValid);
    }

    [Fact]
    public void AReplayDoesNotOutliveItsMemory()
    {
        using (Tensor.Create(cuda, new Shape(8 << 20))) { }
        Work();
        using var replay = cuda.Record(Work);
        cuda.Allocator.Trim(); // what the large tensor held goes
        Assert.False(replay.IsValid);
    }

    [Fact]
    public void AReplayDoesNotOutliveItsScratchMemory()
    {
        Work();
        using var replay = cuda.Record(Work);
        using (var grads = Tensor.Create(cuda, new Shape(4096)))
        {
            cuda.Zero(grads);
            cuda.GradNorm([grads]);
        }
        Assert.False(replay.IsValid);
    }

    [Fact]
    public void WhatNeedsTheHostOrLeavesTensorsIsNotRecordedAndNothingIsDone()
    {
        float[] ones = [.. Enumerable.Repeat(1f, 64)];
        Tensor? left = null;
        Refused("a copy from the host", () => cuda.Upload(MemoryMarshal.AsBytes(ones.AsSpan()), x));
        Refused("a copy to the host", () => cuda.ToFloats(y));
        Refused("cuStreamSynchronize|STREAM_CAPTURE", cuda.Synchronize);
        Refused("dropout, whose key is new each time", () => cuda.Dropout(x, y, 0.5f, 1, accumulate: false));
        Refused("leaves tensors behind", () => left = Tensor.Create(cuda, new Shape(1)));
        left!.Dispose();
        Refused("the optimizer, whose rates are arguments of a launch", () => cuda.ZeroGrads([x]));
        Refused("more memory", () => Tensor.Create(cuda, new Shape(4 << 20)).Dispose(), passing: true);
        Refused("^none is left$", () => throw new OutOfDeviceMemoryException("none is left"), passing: true);
        All(0);
        Assert.Equal(x.Bytes + y.Bytes, cuda.Allocator.LiveBytes);
        Assert.Throws<InvalidOperationException>(() => cuda.Record(() => throw new InvalidOperationException("of its own")));
        Work();
        All(2);

        void Refused(string why, Action more, bool passing = false)
        {
            var e = Assert.Throws<NotRecordableException>(() => cuda.Record(() =>
            {
                Work();
                more();
            }));
            Assert.Matches(why, e.Message);
            Assert.Equal(passing, e.IsPassing);
        }
    }

    [Fact]
    public void BlocksThatOtherThreadsFreeMeanwhileWait()
    {
        Work();
        var block = cuda.AllocateHost(4096);
        var other = new Thread(((IDisposable)block).Dispose);
        using var replay = cuda.Record(() =>
        {
            Work();
            other.Start();
            Assert.False(other.Join(50)); // what it asks for would break the recording
        });
        Assert.True(other.Join(10_000));
        replay.Run();
        All(4);
    }

    private void All(float value) => Assert.All(cuda.ToFloats(y), v => Assert.Equal(value, v));
}
