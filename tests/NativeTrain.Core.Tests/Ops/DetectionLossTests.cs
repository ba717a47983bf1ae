using System.Runtime.InteropServices;
using NativeTrain.Core.Ops;
using Xunit;
using static NativeTrain.Core.Tests.Ops.DenseDetectionLoss;

namespace NativeTrain.Core.Tests.Ops;

public sealed class DetectionLossTests : OpTest
{
    private static Level[] Head(int shape) => shape switch
    {
        0 => [new(8, 8, 8), new(4, 4, 16), new(2, 2, 32)],
        1 => [new(4, 7, 8), new(2, 4, 16), new(1, 2, 32)],
        2 => [new(1, 1, 32)],
        3 => [new(3, 3, 16), new(1, 1, 48)],
        _ => throw new ArgumentOutOfRangeException(nameof(shape)),
    };

    /// <summary>Head, images, classes, objects, seed, bins. With 4 bins most distances exceed the last and are clamped.</summary>
    public static TheoryData<int, int, int, int, int, int> Cases => new()
    {
        { 0, 1, 3, 4, 1, 16 },
        { 0, 3, 17, 12, 2, 16 },
        { 0, 2, 1, 20, 3, 16 },
        { 1, 2, 3, 7, 4, 16 },
        { 1, 4, 1, 3, 5, 16 },
        { 2, 1, 1, 1, 6, 16 },
        { 2, 2, 17, 5, 7, 16 },
        { 3, 1, 3, 3, 8, 16 },
        { 0, 2, 3, 0, 9, 16 },
        { 2, 1, 1, 0, 10, 16 },
        { 0, 2, 3, 8, 18, 4 },
        { 3, 2, 2, 6, 19, 2 },
    };

    [Theory, MemberData(nameof(Cases))]
    public void AssignsAndSumsAsTheDenseDefinition(int head, int n, int nc, int objects, int seed, int bins)
    {
        using var c = new DetectionCase(Backend, Head(head), n, nc, objects, seed, bins: bins);
        var expected = c.Dense.Assign(c.Targets);
        var args = Args(c);
        Backend.DetectionLossForward(args);

        float[] saved = Backend.ToFloats(args.Saved);
        int positives = 0;
        for (int i = 0; i < n; i++)
            for (int a = 0; a < c.Dense.Cells; a++)
            {
                var row = saved.AsSpan((i * c.Dense.Cells + a) * 7, 7);
                Assert.Equal(expected[i][a]?.Class ?? -1, (int)row[5]);
                Near(expected[i][a]?.Score ?? 0, row[4], 1e-4);
                if (expected[i][a] is not { } t) continue;
                positives++;
                Near(t.Box.X1, row[0], 1e-3);
                Near(t.Box.Y1, row[1], 1e-3);
                Near(t.Box.X2, row[2], 1e-3);
                Near(t.Box.Y2, row[3], 1e-3);
            }
        if (objects > 0) Assert.True(positives > 0, "the case assigns nothing");

        var (box, cls, dfl) = c.Dense.Items(expected, c.Dense.Alphas(expected));
        float[] items = Backend.ToFloats(args.Items);
        Near(box, items[0], 1e-4 * (1 + box));
        Near(cls, items[1], 1e-4 * (1 + cls));
        Near(dfl, items[2], 1e-4 * (1 + dfl));
        Near((box + cls + dfl) * n, Backend.ToFloats(args.Loss)[0], 1e-4 * (1 + box + cls + dfl) * n);
        Free(args);
    }

    [Theory, MemberData(nameof(Cases))]
    public void GradientIsTheCentralDifference(int head, int n, int nc, int objects, int seed, int bins)
    {
        using var c = new DetectionCase(Backend, Head(head), n, nc, objects, seed, bins: bins);
        using var tape = new Tape(Backend);
        const float seedOfLoss = 0.5f;
        tape.Backward(DetectionLoss.Forward(tape, c.Box, c.Cls, c.Strides, c.Targets, new DetectionLossOptions { RegMax = bins }).Loss, seedOfLoss);

        var assigned = c.Dense.Assign(c.Targets);
        var alphas = c.Dense.Alphas(assigned);
        CheckGradient(c.Gradient(c.Box), c.Dense.BoxLogits);
        CheckGradient(c.Gradient(c.Cls), c.Dense.ClsLogits);

        void CheckGradient(float[] gradient, double[] logits)
        {
            // The largest gradients and a spread of the others: every logit would take minutes in the dense version.
            const double step = 1e-5;
            int stride = Math.Max(1, logits.Length / 60);
            var largest = Enumerable.Range(0, logits.Length).OrderByDescending(i => Math.Abs(gradient[i])).Take(60);
            foreach (int i in largest.Concat(Enumerable.Range(0, logits.Length).Where(i => i % stride == 0)))
            {
                double at = logits[i];
                logits[i] = at + step;
                double above = Sum();
                logits[i] = at - step;
                double below = Sum();
                logits[i] = at;
                double expected = seedOfLoss * n * (above - below) / (2 * step);
                Near(expected, gradient[i], 1e-4 * (0.1 + Math.Abs(expected)));
            }
        }

        double Sum()
        {
            var (box, cls, dfl) = c.Dense.Items(assigned, alphas);
            return box + cls + dfl;
        }
    }

    [Fact]
    public void WithoutObjectsOnlyTheClassesLearn()
    {
        using var c = new DetectionCase(Backend, Head(0), 2, 3, 0, 11);
        using var tape = new Tape(Backend);
        var loss = DetectionLoss.Forward(tape, c.Box, c.Cls, c.Strides, []);
        float[] items = Backend.ToFloats(loss.Items);
        Assert.Equal(0, items[0]);
        Assert.Equal(0, items[2]);
        Assert.True(items[1] > 0);
        tape.Backward(loss.Loss);
        Assert.All(c.Gradient(c.Box), g => Assert.Equal(0, g));
        Assert.All(c.Gradient(c.Cls), g => Assert.True(g > 0, "every class of every cell is pushed down"));
    }

    [Fact]
    public void BoxesWithoutSizeAreNoObjects()
    {
        using var none = new DetectionCase(Backend, Head(0), 1, 3, 0, 12);
        using var empty = new DetectionCase(Backend, Head(0), 1, 3, 0, 12, [0, 1, 0.5f, 0.5f, 0, 0]);
        Assert.Equal(Loss(none), Loss(empty));
    }

    [Theory]
    [InlineData(0)]
    [InlineData(5)]
    [InlineData(32)]
    [InlineData(40)]
    public void PaddedTargetsGiveTheSameBits(int objects)
    {
        using var c = new DetectionCase(Backend, Head(0), 3, 3, objects, 21);
        using var padded = new DetectionCase(Backend, Head(0), 3, 3, objects, 21, DetectionTargets.Padded(c.Targets, 3, 3));
        Assert.Equal(6 * (objects > 32 ? 64 : 32), padded.Targets.Length);
        Assert.Equal(All(c, onDevice: false), All(padded, onDevice: false));
        Assert.Equal(All(c, onDevice: false), All(padded, onDevice: true));

        float[] All(DetectionCase of, bool onDevice)
        {
            using var copy = new DetectionCase(Backend, Head(0), 3, 3, objects, 21, of.Targets);
            using var tape = new Tape(Backend);
            using var rows = onDevice ? new HostTensor(new Shape(of.Targets.Length / 6, 6), of.Targets).Upload(Backend) : null;
            var loss = rows is null
                ? DetectionLoss.Forward(tape, copy.Box, copy.Cls, copy.Strides, of.Targets)
                : DetectionLoss.Forward(tape, copy.Box, copy.Cls, copy.Strides, rows);
            float[] forward = [.. Backend.ToFloats(loss.Assigned), .. Backend.ToFloats(loss.Items), .. Backend.ToFloats(loss.Loss)];
            tape.Backward(loss.Loss);
            return [.. forward, .. copy.Gradient(copy.Box), .. copy.Gradient(copy.Cls)];
        }
    }

    [Fact]
    public void TargetsOnTheDeviceAreRowsOfSix()
    {
        using var c = new DetectionCase(Backend, Head(0), 2, 3, 0, 17);
        using var tape = new Tape(Backend);
        using Tensor narrow = Tensor.Create(Backend, new Shape(32, 5)), whole = Tensor.Create(Backend, new Shape(32, 6), DType.I32);
        foreach (var wrong in new[] { narrow, whole })
            Assert.Throws<ArgumentException>(() => DetectionLoss.Forward(tape, c.Box, c.Cls, c.Strides, wrong));
    }

    [Fact]
    public void ACellTwoObjectsClaimGoesToTheOneItOverlapsMore()
    {
        // One cell of 32 pixels and two objects round its centre: the second has the size the cell predicts.
        using var c = new DetectionCase(Backend, Head(2), 1, 2, 0, 13);
        var p = c.Dense.Predicted(0, 0);
        float w = (float)(p.X2 - p.X1), h = (float)(p.Y2 - p.Y1), x = (float)(p.X1 + p.X2) / 2, y = (float)(p.Y1 + p.Y2) / 2;
        using var two = new DetectionCase(Backend, Head(2), 1, 2, 0, 13, [0, 0, x, y, w * 1.3f, h * 1.3f, 0, 1, x, y, w, h]);
        var args = Args(two);
        Backend.DetectionLossForward(args);
        float[] row = Backend.ToFloats(args.Saved);
        Assert.Equal(1, row[5]);
        Near(w * 32, row[2] - row[0], 1e-3);
        Near(1, row[4], 1e-3);
        Free(args);
    }

    [Fact]
    public void GradientsAccumulateOverTwoLosses()
    {
        using var c = new DetectionCase(Backend, Head(0), 2, 3, 5, 14);
        using var one = new Tape(Backend);
        one.Backward(DetectionLoss.Forward(one, c.Box, c.Cls, c.Strides, c.Targets).Loss);
        float[] once = [.. c.Gradient(c.Box), .. c.Gradient(c.Cls)];
        using var two = new Tape(Backend);
        two.Backward(DetectionLoss.Forward(two, c.Box, c.Cls, c.Strides, c.Targets).Loss);
        float[] twice = [.. c.Gradient(c.Box), .. c.Gradient(c.Cls)];
        Assert.Contains(once, g => g != 0);
        for (int i = 0; i < once.Length; i++) Near(2 * once[i], twice[i], 1e-6 * (1 + Math.Abs(once[i])));
    }

    [Theory]
    [InlineData(false)]
    [InlineData(true)]
    public void TheBackwardPassOverwritesOrAdds(bool accumulate)
    {
        using var c = new DetectionCase(Backend, Head(0), 2, 3, 5, 14);
        var args = Args(c);
        Backend.DetectionLossForward(args);
        var dloss = New([1], new Shape(1));
        float[] fresh = Gradients(0, true), over = Gradients(100, accumulate);
        for (int i = 0; i < fresh.Length; i++) Near(fresh[i] + (accumulate ? 100 : 0), over[i], accumulate ? 1e-5 * (100 + Math.Abs(fresh[i])) : 0);
        Free(args);

        float[] Gradients(float before, bool add)
        {
            Tensor[] Filled(IReadOnlyList<Tensor> logits) => [.. logits.Select(t => New([.. Enumerable.Repeat(before, (int)t.Count)], t.Shape))];
            Tensor[] box = Filled(c.Box), cls = Filled(c.Cls);
            Backend.DetectionLossBackward(args, dloss, box, cls, add);
            return [.. box.Concat(cls).SelectMany(Values)];
        }
    }

    [Fact]
    public void ThreadsDoNotChangeABit() => AssertThreadsAgree(backend =>
    {
        using var c = new DetectionCase(backend, Head(0), 5, 3, 30, 15);
        using var tape = new Tape(backend);
        var loss = DetectionLoss.Forward(tape, c.Box, c.Cls, c.Strides, c.Targets);
        float[] forward = [.. backend.ToFloats(loss.Assigned), .. backend.ToFloats(loss.Items), .. backend.ToFloats(loss.Loss)];
        tape.Backward(loss.Loss);
        return [.. forward, .. c.Gradient(c.Box), .. c.Gradient(c.Cls)];
    });

    [Fact]
    public void AHeadOfNineLevelsIsRefused()
    {
        using var c = new DetectionCase(Backend, [.. Enumerable.Repeat(new Level(1, 1, 32), 9)], 1, 1, 0, 20);
        using var tape = new Tape(Backend);
        var e = Assert.Throws<ArgumentException>(() => DetectionLoss.Forward(tape, c.Box, c.Cls, c.Strides, c.Targets));
        Assert.Contains("at most 8 levels", e.Message, StringComparison.Ordinal);
        Assert.Throws<ArgumentException>(() => DetectionDecode.Forward(tape, c.Box, c.Cls, c.Strides));
    }

    [Theory]
    [InlineData(2, 0, "image")]
    [InlineData(0, 3, "class")]
    [InlineData(-1, 0, "image")]
    public void ATargetOutOfRangeIsRefused(float image, float cls, string word)
    {
        using var c = new DetectionCase(Backend, Head(0), 2, 3, 0, 16, [image, cls, 0.5f, 0.5f, 0.2f, 0.2f]);
        using var tape = new Tape(Backend);
        var e = Assert.Throws<ArgumentException>(() => DetectionLoss.Forward(tape, c.Box, c.Cls, c.Strides, c.Targets));
        Assert.Contains(word, e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void LevelsThatDoNotFitAreRefused()
    {
        using var c = new DetectionCase(Backend, Head(0), 2, 3, 0, 17);
        using var tape = new Tape(Backend);
        Assert.Throws<ArgumentException>(() => DetectionLoss.Forward(tape, c.Box, c.Cls, [8, 16], []));
        Assert.Throws<ArgumentException>(() => DetectionLoss.Forward(tape, c.Box, [.. c.Cls.Reverse()], c.Strides, []));
        Assert.Throws<ArgumentException>(() => DetectionLoss.Forward(tape, c.Cls, c.Cls, c.Strides, []));
        Assert.Throws<ArgumentException>(() => DetectionLoss.Forward(tape, c.Box, c.Cls, c.Strides, [0, 1, 2]));
    }

    private float Loss(DetectionCase c)
    {
        using var tape = new Tape(Backend);
        return Backend.ToFloats(DetectionLoss.Forward(tape, c.Box, c.Cls, c.Strides, c.Targets).Loss)[0];
    }

    private DetectionLossArgs Args(DetectionCase c)
    {
        var targets = Tensor.Create(Backend, new Shape(c.Targets.Length / 6, 6));
        if (c.Targets.Length > 0) Backend.Upload(MemoryMarshal.AsBytes(c.Targets.AsSpan()), targets);
        return new DetectionLossArgs
        {
            Box = c.Box,
            Cls = c.Cls,
            Strides = c.Strides,
            Targets = targets,
            Items = Tensor.Create(Backend, new Shape(3)),
            Loss = Tensor.Create(Backend, new Shape(1)),
            Saved = Tensor.Create(Backend, new Shape(c.N, c.Dense.Cells, 7)),
            Options = new DetectionLossOptions { RegMax = c.Bins },
        };
    }

    private static void Free(DetectionLossArgs args)
    {
        args.Targets.Dispose();
        args.Items.Dispose();
        args.Loss.Dispose();
        args.Saved.Dispose();
    }

    private static void Near(double expected, double actual, double tolerance) =>
        Assert.True(Math.Abs(expected - actual) <= tolerance, $"expected {expected:g9}, got {actual:g9}");
}
