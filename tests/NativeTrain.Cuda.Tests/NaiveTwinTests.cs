using System.Runtime.InteropServices;
using NativeTrain.Core;
using NativeTrain.Gradients;
using NativeTrain.Training;
using NativeTrain.Vision.Models;
using Xunit;

namespace NativeTrain.Cuda.Tests;

/// <summary>Naive kernels (_v1) in the place of fast ones: which ops have some, that they compute the same, and that they are timed beside them.</summary>
[Collection(Devices.Name)]
public sealed class NaiveTwinTests(Devices devices)
{
    /// <summary>Of each op and pass of a step that has a naive twin, its kernel.</summary>
    [Fact]
    public void TheBenchTimesThemBesideTheFastOnes()
    {
        var bench = new KernelBench(devices.Cuda, budget: 1e-6);
        var twins = new SortedDictionary<string, string>(StringComparer.Ordinal);
        foreach (var call in Calls())
        {
            if (bench.TimeNaive(call) is not { } naive) continue;
            Assert.Equal($"{call.Op}_v1", naive.Call.Op);
            Assert.NotEqual(call.Key, naive.Call.Key);
            Assert.True(naive.Seconds > 0);
            twins.Add($"{call.Op} {call.Pass}{(call.Convolution?.Groups > 1 ? " depthwise" : "")}", naive.Implementation);
        }
        Assert.Equal("conv2d_forward_v1<float>", twins["conv2d forward"]);
        Assert.Equal("conv2d_backward_data_v1<float>", twins["conv2d backward_data"]);
        Assert.Equal("conv2d_backward_weight_v1<float>", twins["conv2d backward_weight"]);
        Assert.Equal("conv2d_depthwise_forward_v1<float, float>", twins["conv2d forward depthwise"]);
        Assert.Equal("conv2d_depthwise_backward_data_v1<float, float>", twins["conv2d backward_data depthwise"]);
        Assert.Equal("detection_boxes_v1", twins["detection_loss forward"]);
        Assert.Equal("mask_forward_v1", twins["mask_loss forward"]);
        Assert.Equal("mask_coefficient_backward_v1 + mask_prototype_backward_v1", twins["mask_loss backward"]);
        Assert.DoesNotContain("batch_norm_act forward", twins.Keys);
        Assert.DoesNotContain("detection_loss backward", twins.Keys);
    }

    /// <summary>On the same noise all operands hold the same numbers afterwards, but for the order of sums.</summary>
    [Fact]
    public void TheyComputeWhatTheFastOnesDo()
    {
        int compared = 0;
        foreach (var call in Calls())
        {
            Tensor[] fast = Noise(call), naive = Noise(call);
            if (devices.Cuda.NaiveTwins(() => call.Run(devices.Cuda, naive)).Count > 0)
            {
                for (int i = 0; i < naive.Length; i++) naive[i].Dispose();
                naive = Noise(call);
                call.Run(devices.Cuda, fast);
                devices.Cuda.Naively(() => call.Run(devices.Cuda, naive));
                for (int i = 0; i < fast.Length; i++)
                    if (fast[i].Type == DType.F32 && CaseRun.Difference(devices.Cuda.ToFloats(fast[i]), devices.Cuda.ToFloats(naive[i]), 1e-4) is { } difference)
                        Assert.Fail($"{call.Key}, operand {i}: {difference}");
                compared++;
            }
            foreach (var t in fast.Concat(naive)) t.Dispose();
        }
        Assert.True(compared >= 8, $"{compared} calls have naive twins");
    }

    /// <summary>A call of each op and pass of a segmenter's step.</summary>
    private static IEnumerable<KernelCall> Calls() =>
        KernelCatalogue.Of([YoloSpec.Resolve("yolo11n-seg.yaml")], [32], batch: 1, classes: 3, DType.F32).DistinctBy(c => (c.Op, c.Pass, c.Convolution?.Groups > 1));

    /// <summary>A call's operands: numbers in ±1, whole numbers 0, and what the call wants prepared.</summary>
    private Tensor[] Noise(KernelCall call)
    {
        var random = new Random(0);
        Tensor[] operands = [.. call.Operands.Select(form =>
        {
            var t = Tensor.Create(devices.Cuda, form.Shape, form.Type);
            devices.Cuda.Zero(t);
            float[] values = [.. Enumerable.Range(0, (int)form.Shape.Count).Select(_ => 2 * random.NextSingle() - 1)];
            if (form.Type == DType.F32) devices.Cuda.Upload(MemoryMarshal.AsBytes(values.AsSpan()), t);
            return t;
        })];
        call.Prepare?.Invoke(devices.Cuda, operands);
        return operands;
    }

    /// <summary>What a step does not call: decoding and matrix products.</summary>
    [Fact]
    public void DecodingAndMatrixProductsHaveThemToo()
    {
        using Tensor a = Tensor.Create(devices.Cuda, new Shape(3, 5)), b = Tensor.Create(devices.Cuda, new Shape(5, 4)), c = Tensor.Create(devices.Cuda, new Shape(3, 4));
        devices.Cuda.Zero(a);
        devices.Cuda.Zero(b);
        Assert.Equal(["matmul_v1<false, false>"], devices.Cuda.NaiveTwins(() => devices.Cuda.MatMul(a, false, b, false, c, 1, 0)));
        using Tensor box = Tensor.Create(devices.Cuda, new Shape(1, 2, 2, 64)), cls = Tensor.Create(devices.Cuda, new Shape(1, 2, 2, 3)), y = Tensor.Create(devices.Cuda, new Shape(1, 4, 7));
        devices.Cuda.Zero(box);
        devices.Cuda.Zero(cls);
        Assert.Equal(["detection_decode_boxes_v1"], devices.Cuda.NaiveTwins(() => devices.Cuda.DetectionDecode([box], [cls], [8], 16, y)));
        Assert.Empty(devices.Cuda.NaiveTwins(() => devices.Cuda.Add(a, a, a)));
    }
}
