using NativeTrain.Core;
using NativeTrain.Cuda.Bindings;
using Xunit;

namespace NativeTrain.Cuda.Tests.Graphs;

/// <summary>When work is done as it is, recorded, replayed.</summary>
[Collection(Devices.Name)]
public sealed class ReplaysTests : IDisposable
{
    private readonly CudaBackend cuda = Devices.OpenRecording();
    private readonly Tensor sum, one;
    private int asked;

    public ReplaysTests()
    {
        sum = Tensor.Create(cuda, new Shape(1));
        one = Tensor.Create(cuda, new Shape(1));
        cuda.Fill(sum, 0);
        cuda.Fill(one, 1);
    }

    public void Dispose()
    {
        sum.Dispose();
        one.Dispose();
        cuda.Dispose();
    }

    private void Work()
    {
        asked++;
        cuda.Copy(one, sum, accumulate: true);
    }

    private float Sum => cuda.ToFloats(sum)[0];

    [Fact]
    public void TheFirstRunIsAskedForTheSecondRecordedTheOthersReplayed()
    {
        using var replays = new Replays(cuda);
        for (int i = 0; i < 6; i++) replays.Run("a", Work);
        Assert.Equal((2, 4, 6f), (asked, replays.Count, Sum));
        replays.Run("b", Work);
        Assert.Equal((3, 4, 7f), (asked, replays.Count, Sum));
    }

    [Fact]
    public void SwitchedOffOrOnAnotherDeviceWorkIsJustDone()
    {
        using var off = new Replays(cuda, enabled: false);
        using var meta = new MetaBackend();
        using var elsewhere = new Replays(meta);
        for (int i = 0; i < 3; i++)
        {
            off.Run("a", Work);
            elsewhere.Run("a", Work);
        }
        Assert.Equal((6, 0, 0), (asked, off.Count, elsewhere.Count));
        Assert.False(((IBackend)meta).CanRecord);
        Assert.Equal("meta does not record", Assert.Throws<NotRecordableException>(() => ((IBackend)meta).Record(Work)).Message);
    }

    [Fact]
    public void OtherTensorsMakeItAskAndRecordAgain()
    {
        using var replays = new Replays(cuda);
        for (int i = 0; i < 3; i++) replays.Run("a", Work);
        using var more = Tensor.Create(cuda, new Shape(1));
        for (int i = 0; i < 3; i++) replays.Run("a", Work);
        Assert.Equal((4, 2, 6f), (asked, replays.Count, Sum));
    }

    [Fact]
    public void TheOneUnusedForLongestMakesRoom()
    {
        using var replays = new Replays(cuda);
        for (int turn = 0; turn < 2; turn++)
            for (int i = 0; i < Replays.Most; i++)
                replays.Run($"{i}", Work);
        replays.Run("0", Work); // a replay
        replays.Run("new", Work);
        replays.Run("new", Work); // takes the place of 1
        replays.Run("0", Work);
        Assert.Equal((2 * Replays.Most + 2, 2), (asked, replays.Count));
        replays.Run("1", Work);
        Assert.Equal(2 * Replays.Most + 3, asked);
        Assert.Equal(asked + replays.Count, Sum);
    }

    [Fact]
    public void RecordingsThatDoNotPayComeToAnEnd()
    {
        using var replays = new Replays(cuda);
        var tensors = new List<Tensor>();
        // A tensor more after every second run: nothing recorded is ever replayed.
        for (int i = 0; i < 2 * Replays.Most + 6; i++)
        {
            if (i % 2 == 0) tensors.Add(Tensor.Create(cuda, new Shape(1)));
            replays.Run("a", Work);
        }
        Assert.Equal(0, replays.Count);
        for (int i = 0; i < 4; i++) replays.Run("a", Work);
        Assert.Equal(0, replays.Count);
        // The shapes have settled.
        for (int i = 0; i < 40; i++) replays.Run("a", Work);
        Assert.InRange(replays.Count, 4, 40);
        Assert.Equal(asked + replays.Count, Sum);
        foreach (var t in tensors) t.Dispose();
    }

    [Fact]
    public void WhatIsForgottenIsAskedForAgain()
    {
        using var replays = new Replays(cuda);
        for (int i = 0; i < 3; i++) replays.Run("a", Work);
        replays.Clear();
        for (int i = 0; i < 3; i++) replays.Run("a", Work);
        Assert.Equal((4, 2, 6f), (asked, replays.Count, Sum));
    }

    [Fact]
    public void WhatCouldNotBeRecordedOnceIsRecordedTheNextTime()
    {
        Assert.SkipUnless(CudaDevice.Emulated, "a GPU's driver cannot be asked to fail");
        const int outOfMemory = 2;
        var said = new List<string>();
        using var replays = new Replays(cuda, say: said.Add);
        Emulator.emu_fail("cuGraphInstantiateWithFlags", 0, 1, outOfMemory);
        for (int i = 0; i < 4; i++) replays.Run("a", Work);
        Assert.Equal((1, 4f), (replays.Count, Sum));
        Assert.Equal("graphs: out of memory in cuGraphInstantiateWithFlags; this step is launched kernel by kernel", Assert.Single(said));
    }

    [Fact]
    public void WhatCannotBeRecordedIsDoneAndSaidOnce()
    {
        var said = new List<string>();
        using var replays = new Replays(cuda, say: said.Add);
        foreach (string name in new[] { "a", "b" })
            for (int i = 0; i < 4; i++)
                replays.Run(name, () =>
                {
                    Work();
                    cuda.ToFloats(one);
                });
        Assert.Equal((8f, 0), (Sum, replays.Count));
        Assert.Equal("graphs: a copy to the host cannot be part of a graph; such steps are launched kernel by kernel", Assert.Single(said));
    }
}
