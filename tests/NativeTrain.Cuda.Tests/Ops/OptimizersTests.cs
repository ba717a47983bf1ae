using System.Runtime.InteropServices;
using NativeTrain.Core;
using Xunit;

namespace NativeTrain.Cuda.Tests.Ops;

/// <summary>Optimizers over many tensors of odd sizes, of which some do not lie at multiples of 16 bytes: the numbers are the CPU's.</summary>
[Collection(Devices.Name)]
public sealed class OptimizersTests(Devices devices) : IDisposable
{
    private static readonly int[] Sizes = [1, 2, 3, 4, 5, 31, 64, 1000, 4095, 4096, 4097, 9001];

    private readonly List<Tensor> made = [];

    public void Dispose() => made.ForEach(t => t.Dispose());

    public static TheoryData<OptimizerKind, float> Rules => new()
    {
        { OptimizerKind.Sgd, 0.9f },
        { OptimizerKind.Sgd, 0 },
        { OptimizerKind.Adam, 0.9f },
        { OptimizerKind.AdamW, 0.9f },
        { OptimizerKind.NAdam, 0.9f },
        { OptimizerKind.RAdam, 0.9f },
        { OptimizerKind.RmsProp, 0.9f },
        { OptimizerKind.RmsProp, 0 },
    };

    [Theory, MemberData(nameof(Rules))]
    public void StepsAreThoseOfTheCpu(OptimizerKind kind, float momentum)
    {
        float[][] cpu = Train(devices.Cpu, kind, momentum), cuda = Train(devices.Cuda, kind, momentum), again = Train(devices.Cuda, kind, momentum);
        for (int t = 0; t < cpu.Length; t++)
        {
            Assert.Equal(cuda[t], again[t]);
            for (int i = 0; i < cpu[t].Length; i++) Assert.Equal(cpu[t][i], cuda[t][i], 2e-5f * Math.Max(1, Math.Abs(cpu[t][i])));
        }
    }

    /// <summary>Values after seven steps (RAdam rectifies from the sixth on), then the states.</summary>
    private float[][] Train(IBackend backend, OptimizerKind kind, float momentum)
    {
        Tensor[] values = New(backend, 1), state1 = New(backend, null), state2 = New(backend, null);
        for (int step = 1; step <= 7; step++)
        {
            backend.OptimizerStep(new OptimizerStep
            {
                Kind = kind, Values = values, Grads = New(backend, 10 + step), State1 = state1, State2 = kind == OptimizerKind.Sgd ? [] : state2,
                LearningRate = 0.01f, Momentum = momentum, Beta2 = 0.99f, WeightDecay = 0.05f, Nesterov = true, Step = step, GradScale = 0.5f,
                MuProduct = Math.Pow(0.9, step), Mu = 0.9, MuNext = 0.9,
            });
        }
        return [.. values.Concat(state1).Concat(state2).Select(t => Read(backend, t))];
    }

    [Theory]
    [InlineData(0f)]
    [InlineData(float.NaN)]
    [InlineData(float.PositiveInfinity)]
    [InlineData(float.NegativeInfinity)]
    public void NormOfManyTensorsFindsOneNumber(float planted)
    {
        var grads = New(devices.Cuda, 5);
        double expected = devices.Cpu.GradNorm(New(devices.Cpu, 5));
        double norm = devices.Cuda.GradNorm(grads);
        Assert.Equal(expected, norm, 1e-12 * expected);
        Assert.Equal(norm, devices.Cuda.GradNorm(grads));
        if (planted == 0) return;
        foreach (var t in grads)
        {
            float[] values = Read(devices.Cuda, t), spoilt = [.. values];
            spoilt[^1] = planted;
            Write(devices.Cuda, t, spoilt);
            Assert.Equal(Math.Abs((double)planted), devices.Cuda.GradNorm(grads));
            Write(devices.Cuda, t, values);
        }
        Assert.Equal(norm, devices.Cuda.GradNorm(grads));
    }

    /// <summary>All numbers of the gradients, and not the one before those that begin at an odd address.</summary>
    [Fact]
    public void GradientsAreZeroed()
    {
        var grads = New(devices.Cuda, 6);
        float[] before = [.. grads.Select(t => devices.Cuda.ToFloats(t.Whole!)[0])];
        devices.Cuda.ZeroGrads(grads);
        Assert.All(grads, t => Assert.All(Read(devices.Cuda, t), v => Assert.Equal(0, v)));
        for (int i = 0; i < grads.Length; i++) Assert.Equal(grads[i].Offset == 0 ? 0 : before[i], devices.Cuda.ToFloats(grads[i].Whole!)[0]);
    }

    [Fact]
    public void NothingHasNoNorm() => Assert.Equal(0, devices.Cuda.GradNorm([]));

    /// <summary>More sets of tensors than tables of them are kept, over and over.</summary>
    [Fact]
    public void AveragesOfManyModels()
    {
        const int models = 20;
        Tensor[][] averages = [.. Enumerable.Range(0, models).Select(i => New(devices.Cuda, i))], values = [.. Enumerable.Range(0, models).Select(i => New(devices.Cuda, 100 + i))];
        float[][][] expected = [.. averages.Select(m => m.Select(t => Read(devices.Cuda, t)).ToArray())];
        for (int round = 0; round < 2; round++)
            for (int m = 0; m < models; m++)
            {
                devices.Cuda.EmaUpdate(averages[m], values[m], 0.75f);
                for (int t = 0; t < Sizes.Length; t++)
                {
                    float[] value = Read(devices.Cuda, values[m][t]);
                    expected[m][t] = [.. expected[m][t].Zip(value, (a, v) => a + 0.25f * (v - a))];
                    float[] average = Read(devices.Cuda, averages[m][t]);
                    for (int i = 0; i < average.Length; i++) Assert.Equal(expected[m][t][i], average[i], 1e-6f);
                }
            }
    }

    /// <summary>A tensor of each size: random numbers, or zeros. Of every third the first number is left out, so that it begins at an odd address.</summary>
    private Tensor[] New(IBackend backend, int? seed) =>
    [
        .. Sizes.Select((size, i) =>
        {
            int before = i % 3 == 2 ? 1 : 0;
            var whole = Tensor.Create(backend, new Shape(size + before));
            made.Add(whole);
            var random = new Random(seed * 1000 + i ?? 0);
            float[] values = [.. Enumerable.Range(0, size + before).Select(_ => seed is null ? 0 : 2 * random.NextSingle() - 1)];
            backend.Upload(MemoryMarshal.AsBytes(values.AsSpan()), whole);
            return whole.Slice(before, size);
        }),
    ];

    private static float[] Read(IBackend backend, Tensor t) => backend.ToFloats(t.Whole!)[(int)t.Offset..];

    private static void Write(IBackend backend, Tensor t, float[] values)
    {
        float[] all = [.. new float[t.Offset], .. values];
        backend.Upload(MemoryMarshal.AsBytes(all.AsSpan()), t.Whole!);
    }
}
