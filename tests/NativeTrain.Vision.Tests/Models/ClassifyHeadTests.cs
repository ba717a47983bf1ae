using NativeTrain.Core;
using NativeTrain.Cpu;
using NativeTrain.Vision.Models;
using Xunit;

namespace NativeTrain.Vision.Tests;

public sealed class ClassifyHeadTests : IDisposable
{
    private readonly CpuBackend cpu = new();
    private readonly Tensor map;

    public ClassifyHeadTests()
    {
        map = Tensor.Create(cpu, new Shape(3, 2, 2, 8));
        var random = new Random(1);
        foreach (ref float v in map.HostSpan<float>()) v = random.NextSingle();
    }

    public void Dispose()
    {
        map.Dispose();
        cpu.Dispose();
    }

    [Fact]
    public void DropoutActsInTrainingByTheTapesKey()
    {
        float[] none = Logits(dropout: 0, key: 1), some = Logits(dropout: 0.5f, key: 1);
        Assert.NotEqual(none, some);
        Assert.Equal(some, Logits(dropout: 0.5f, key: 1));
        Assert.NotEqual(some, Logits(dropout: 0.5f, key: 2));
        Assert.Equal(none, Logits(dropout: 0, key: 2));
    }

    [Fact]
    public void DropoutDoesNotActInInference() =>
        Assert.Equal(Logits(dropout: 0, key: 1, training: false), Logits(dropout: 0.5f, key: 1, training: false));

    private float[] Logits(float dropout, ulong key, bool training = true)
    {
        using var head = new ClassifyHead(cpu, 8, 32, 4) { Dropout = dropout };
        var random = new Nn.Modules.InitRandom(5);
        head.Initialize(ref random);
        using var tape = new Tape(cpu, record: training, training) { RandomKey = key };
        return cpu.ToFloats(((ClassifyOutput)head.Forward(tape, [map])).Logits);
    }
}
