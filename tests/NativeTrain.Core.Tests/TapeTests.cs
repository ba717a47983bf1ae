using NativeTrain.Core.Ops;
using NativeTrain.Cpu;
using Xunit;

namespace NativeTrain.Core.Tests;

/// <summary>What the tape promises of gradients and of memory.</summary>
public sealed class TapeTests : IDisposable
{
    private readonly CpuBackend backend = new();

    private Tensor Input(params float[] values)
    {
        var t = Tensor.Create(backend, new Shape(1, 1, 1, values.Length));
        values.CopyTo(t.HostSpan<float>());
        t.RequiresGrad = true;
        return t;
    }

    private Tensor Total(Tape tape, Tensor x)
    {
        var ones = tape.New(new Shape(x.C, 1));
        ones.RequiresGrad = false;
        backend.Fill(ones, 1);
        var row = tape.New(new Shape(1, x.C));
        tape.Run("flatten", "forward", () => backend.Copy(x, row, false));
        tape.Record("flatten", () => backend.Copy(Tape.GradOf(row)!, tape.Sink(x, out bool accumulate), accumulate));
        return MatMul.Forward(tape, row, ones);
    }

    [Fact]
    public void AnInputUsedTwiceReceivesBothGradients()
    {
        using var x = Input(1, 2, 3);
        using var tape = new Tape(backend);
        tape.Backward(Total(tape, Add.Forward(tape, x, x)));
        Assert.Equal([2f, 2f, 2f], x.Grad!.HostSpan<float>().ToArray());
    }

    [Fact]
    public void LaunchesAndNodesBearTheirLayerOnBothWays()
    {
        using var x = Input(1, 2);
        var seen = new List<string>();
        using var tape = new Tape(backend) { Observer = new LayerObserver(seen) };
        Tensor y;
        using (tape.Layer("outer"))
        {
            using (tape.Layer("inner")) y = Silu.Forward(tape, x);
            y = Add.Forward(tape, y, y);
        }
        tape.Backward(Total(tape, y));
        Assert.Equal(
        [
            "inner silu forward", "inner silu recorded", "outer add forward", "outer add recorded", "- flatten forward", "- flatten recorded", "- matmul forward", "- matmul recorded",
            "- matmul reached", "- matmul backward", "- matmul passed", "- flatten reached", "- flatten passed",
            "outer add reached", "outer add backward", "outer add backward", "outer add passed", "inner silu reached", "inner silu backward", "inner silu passed",
        ], seen);
        Assert.Equal("", tape.CurrentLayer);
    }

    private sealed class LayerObserver(List<string> seen) : ITapeObserver
    {
        public void Run(KernelLaunch launch, Action kernel)
        {
            seen.Add($"{Name(launch.Layer)} {launch.Op} {launch.Pass}");
            kernel();
        }

        public void Recorded(TapeNode node) => Add(node, "recorded");
        public void WalkingBack(TapeNode node) => Add(node, "reached");
        public void Passed(TapeNode node) => Add(node, "passed");
        private void Add(TapeNode node, string what) => seen.Add($"{Name(node.Layer)} {node.Op} {what}");
        private static string Name(string layer) => layer.Length == 0 ? "-" : layer;
    }

    [Fact]
    public void ASliceSendsItsGradientToItsChannelsAlone()
    {
        using var x = Input(1, 2, 3, 4);
        using var tape = new Tape(backend);
        var part = Contiguous.Forward(tape, x.Slice(1, 2));
        Assert.Equal([2f, 3f], part.HostSpan<float>().ToArray());
        tape.Backward(Total(tape, part), seed: 5);
        Assert.Equal([0f, 5f, 5f, 0f], x.Grad!.HostSpan<float>().ToArray());
    }

    [Fact]
    public void GradientMemoryIsHandedOverOnlyForWholeTensorsOfOneShapeAndType()
    {
        using var tape = new Tape(backend);
        Tensor y = tape.New(new Shape(1, 1, 1, 4)), x = tape.New(y.Shape), half = tape.New(y.Shape, DType.F16), narrow = tape.New(new Shape(1, 1, 1, 3));
        Assert.False(Tape.HandOver(y, x)); // nothing has arrived
        var dy = tape.Sink(y, out _);
        Assert.False(Tape.HandOver(y, half));
        Assert.False(Tape.HandOver(y, narrow));
        Assert.False(Tape.HandOver(y, x.Slice(0, 4)));
        Assert.False(Tape.HandOver(y.Slice(0, 4), x));
        Assert.Same(dy, tape.SinkInPlace(x, y, out bool accumulate));
        Assert.False(accumulate);
        Assert.Null(Tape.GradOf(y));
        tape.Sink(y, out _);
        Assert.NotSame(Tape.GradOf(y), tape.SinkInPlace(x, y, out accumulate)); // another user of x was first
        Assert.True(accumulate);
    }

    [Fact]
    public void ASeedInATensorIsReadWhereTheWalkBackStarts()
    {
        using var x = Input(1, 2, 3);
        using var seed = Input(5);
        using var two = Input(5, 5);
        using (var tape = new Tape(backend))
        {
            var loss = Total(tape, x);
            Assert.Throws<ArgumentException>(() => tape.Backward(loss, two));
            tape.Backward(loss, seed);
        }
        Assert.Equal([5f, 5f, 5f], x.Grad!.HostSpan<float>().ToArray());
    }

    [Fact]
    public void NothingFlowsToAnInputThatNeedsNoGradient()
    {
        using var x = Input(1, 2);
        x.RequiresGrad = false;
        using var tape = new Tape(backend);
        tape.Backward(Total(tape, Silu.Forward(tape, x)));
        Assert.Null(x.Grad);
    }

    [Fact]
    public void MemoryIsFreedOnTheWalkBackAndByDispose()
    {
        using var x = Input(1, 2, 3);
        long before = backend.Allocator.LiveBytes;
        using (var tape = new Tape(backend))
        {
            var loss = Total(tape, Silu.Forward(tape, Silu.Forward(tape, x)));
            Assert.True(backend.Allocator.LiveBytes > before);
            tape.Backward(loss);
            Assert.Empty(tape.Ops);
        }
        x.Grad!.Dispose();
        Assert.Equal(before, backend.Allocator.LiveBytes);

        using (var abandoned = new Tape(backend)) Silu.Forward(abandoned, x);
        Assert.Equal(before, backend.Allocator.LiveBytes);
    }

    [Fact]
    public void WithoutRecordingAScopeKeepsOnlyWhatItIsTold()
    {
        using var x = Input(1, 2, 3);
        long before = backend.Allocator.LiveBytes;
        using var tape = new Tape(backend, record: false, training: false);
        Tensor kept;
        using (var scope = tape.Scope())
            kept = scope.Keep(Silu.Forward(tape, Silu.Forward(tape, x)));
        Assert.Empty(tape.Ops);
        long one = backend.Allocator.LiveBytes - before;
        tape.Free(kept);
        Assert.Equal(before, backend.Allocator.LiveBytes);
        Silu.Forward(tape, x);
        Assert.Equal(one, backend.Allocator.LiveBytes - before);
    }

    [Fact]
    public void AnAllocatorHandsFreedBlocksOutAgain()
    {
        var first = Tensor.Create(backend, new Shape(1000));
        nint pointer = first.Pointer;
        first.Dispose();
        using var second = Tensor.Create(backend, new Shape(1000));
        Assert.Equal(pointer, second.Pointer);
        Assert.Throws<ObjectDisposedException>(() => first.Pointer);
    }

    [Fact]
    public void AScopeThatKeepsAnOlderTensorDoesNotListItTwice()
    {
        using var x = Input(1, 2, 3);
        long before = backend.Allocator.LiveBytes;
        using var tape = new Tape(backend, record: false, training: false);
        var older = Silu.Forward(tape, x);
        using (var scope = tape.Scope()) scope.Keep(older);
        tape.Free(older);
        // Listed twice, it would be disposed again in its place, and its memory freed under its next owner.
        var newer = Silu.Forward(tape, x);
        using (tape.Scope()) Silu.Forward(tape, x);
        Assert.Equal(3, newer.HostSpan<float>().Length);
        tape.Free(older);
        Assert.True(backend.Allocator.LiveBytes > before);
        tape.Free(newer);
        Assert.Equal(before, backend.Allocator.LiveBytes);
    }

    [Fact]
    public void AScopeFreesAllItMadeThoughAnOlderTensorWasFreedInside()
    {
        using var x = Input(1, 2, 3);
        long before = backend.Allocator.LiveBytes;
        using var tape = new Tape(backend, record: false, training: false);
        var older = Silu.Forward(tape, x);
        using (tape.Scope())
        {
            Silu.Forward(tape, x);
            tape.Free(older);
        }
        Assert.Equal(before, backend.Allocator.LiveBytes);
    }

    [Fact]
    public void AReshapedTensorSharesItsMemoryAndATapedOneCannotBeReshaped()
    {
        using var t = Tensor.Create(backend, new Shape(2, 3));
        backend.Fill(t, 4);
        Assert.Equal(4, t.Reshape(new Shape(3, 2)).HostSpan<float>()[5]);
        Assert.Throws<ArgumentException>(() => t.Reshape(new Shape(7)));
        using var x = Input(1, 2);
        Assert.Throws<InvalidOperationException>(() => x.Reshape(new Shape(2)));
    }

    [Fact]
    public void EveryOpRefusesNumbersThatAreNoFloats()
    {
        using var good = Tensor.Create(backend, new Shape(1, 4, 4, 4));
        using var bytes = Tensor.Create(backend, good.Shape, DType.U8);
        using var tape = new Tape(backend);
        using var weight = new Parameter(backend, new Shape(4, 1, 1, 4), ParameterKind.Weight);
        using var gamma = new Parameter(backend, new Shape(4), ParameterKind.Norm);
        using var beta = new Parameter(backend, new Shape(4), ParameterKind.Bias);
        var norm = new BatchNormState(gamma, beta, gamma.Value, beta.Value, 1e-3f, 0.03f);
        using var matrix = Tensor.Create(backend, new Shape(4, 4));
        using var byteMatrix = Tensor.Create(backend, matrix.Shape, DType.U8);
        Action[] wrong =
        [
            () => Add.Forward(tape, good, bytes),
            () => Attention.Forward(tape, bytes, 1, 1, 2),
            () => BatchNormAct.Forward(tape, bytes, norm, new BatchNormActOptions()),
            () => BatchNormAct.Forward(tape, good, norm, new BatchNormActOptions(Into: bytes)),
            () => Concat.Forward(tape, good, bytes),
            () => Conv2d.Forward(tape, bytes, weight, null, 1, 0, 1),
            () => ConvTranspose2d.Forward(tape, bytes, weight, null, 1),
            () => Contiguous.Forward(tape, bytes),
            () => DetectionDecode.Forward(tape, [good], [bytes], [8], 1),
            () => DetectionLoss.Forward(tape, [bytes], [good], [8], [], new DetectionLossOptions { RegMax = 1 }),
            () => MatMul.Forward(tape, matrix, byteMatrix),
            () => MaxPool.Forward(tape, bytes, 2, 2, 0),
            () => Silu.Forward(tape, bytes),
            () => Softmax.Forward(tape, bytes),
            () => Upsample2x.Forward(tape, bytes),
        ];
        Assert.All(wrong, call => Assert.Contains("F32, not U8", Assert.Throws<ArgumentException>(call).Message, StringComparison.Ordinal));
    }

    public void Dispose() => backend.Dispose();
}
