using NativeTrain.Core;
using NativeTrain.Cpu;
using NativeTrain.Testing;
using Xunit;

namespace NativeTrain.Nn.Tests.Optimizers;

/// <summary>What the optimizers keep and skip. Their arithmetic is tested against the reference in tests/golden.</summary>
public sealed class OptimizerTests : IDisposable
{
    private readonly CpuBackend backend = new();
    private readonly Random random = new(5);

    public void Dispose() => backend.Dispose();

    public static TheoryData<OptimizerKind> Kinds => [.. Enum.GetValues<OptimizerKind>()];

    [Fact]
    public void SplitMakesTheRecipesThreeGroups()
    {
        using var weight = NewParameter("w", ParameterKind.Weight, 4);
        using var gamma = NewParameter("g", ParameterKind.Norm, 4);
        using var bias = NewParameter("b", ParameterKind.Bias, 4);
        var groups = ParameterGroups.Split([bias, weight, gamma], 0.01f, 0.9f, 5e-4f);
        Assert.Equal([weight, gamma, bias], groups.Select(g => Assert.Single(g.Parameters)));
        Assert.Equal([5e-4f, 0f, 0f], groups.Select(g => g.WeightDecay));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void AStepDescendsAndLeavesGradientsAlone(OptimizerKind kind)
    {
        using var p = NewParameter("p", ParameterKind.Weight, 40_000);
        using var optimizer = NewOptimizer(kind, p);
        SetGradient(p);
        float[] before = Values(p.Value), gradient = Values(p.Grad);

        optimizer.Step();

        float[] after = Values(p.Value);
        for (int i = 0; i < before.Length; i++)
            Assert.True((after[i] - before[i]) * gradient[i] < 0, $"element {i}: {before[i]} → {after[i]} with gradient {gradient[i]}");
        Assert.Equal(gradient, Values(p.Grad));
        Assert.Equal(1, optimizer.Steps);
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void AFrozenParameterStays(OptimizerKind kind)
    {
        using var frozen = NewParameter("frozen", ParameterKind.Weight, 10);
        using var free = NewParameter("free", ParameterKind.Weight, 10);
        frozen.Frozen = true;
        SetGradient(frozen);
        SetGradient(free);
        float[] before = Values(frozen.Value), beforeFree = Values(free.Value);
        using var optimizer = NewOptimizer(kind, frozen, free);
        optimizer.Step();
        Assert.Equal(before, Values(frozen.Value));
        Assert.NotEqual(beforeFree, Values(free.Value));
        Assert.Equal(Values(free.Grad).Sum(g => (double)g * g), Math.Pow(optimizer.GradNorm(), 2), 1e-5);
        foreach (var (name, moment) in optimizer.State)
            Assert.Equal(name.EndsWith("frozen", StringComparison.Ordinal), Values(moment).All(m => m == 0));
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void GradScaleIsTheGradientsFactor(OptimizerKind kind)
    {
        using var a = NewParameter("p", ParameterKind.Weight, 100);
        using var b = NewParameter("p", ParameterKind.Weight, 100);
        Values(a.Value).CopyTo(b.Value.HostSpan<float>());
        SetGradient(a);
        float[] g = Values(a.Grad);
        for (int i = 0; i < g.Length; i++) b.Grad.HostSpan<float>()[i] = g[i] * 0.25f; // exact
        using var scaled = NewOptimizer(kind, a);
        using var plain = NewOptimizer(kind, b);
        scaled.Step(0.25f);
        plain.Step();
        Assert.Equal(Values(b.Value), Values(a.Value));
    }

    /// <summary>Three steps, saved, loaded into a fresh optimizer, four more: bit for bit as seven in one go.</summary>
    [Theory]
    [MemberData(nameof(Kinds))]
    public void AResumedRunEqualsAnUnbrokenOne(OptimizerKind kind)
    {
        using var folder = new TemporaryFolder();
        using var unbroken = NewParameter("model.0.conv.weight", ParameterKind.Weight, 1000);
        using var resumed = NewParameter("model.0.conv.weight", ParameterKind.Weight, 1000);
        Values(unbroken.Value).CopyTo(resumed.Value.HostSpan<float>());
        using var whole = NewOptimizer(kind, unbroken);
        var gradients = Enumerable.Range(0, 7).Select(_ => Noise(1000)).ToArray();
        foreach (var g in gradients) Step(whole, unbroken, g);

        using (var first = NewOptimizer(kind, resumed))
        {
            foreach (var g in gradients[..3]) Step(first, resumed, g);
            Safetensors.Write(folder.File("state"), first.Save());
        }
        using var second = NewOptimizer(kind, resumed);
        second.Load(Safetensors.Read(folder.File("state")));
        Assert.Equal(3, second.Steps);
        foreach (var g in gradients[3..]) Step(second, resumed, g);

        Assert.Equal(Values(unbroken.Value), Values(resumed.Value));
    }

    [Fact]
    public void AnotherModelsStateIsRefused()
    {
        using var folder = new TemporaryFolder();
        using var a = NewParameter("p", ParameterKind.Weight, 3);
        using var b = NewParameter("p", ParameterKind.Weight, 4);
        using var optimizerA = NewOptimizer(OptimizerKind.Sgd, a);
        using var optimizerB = NewOptimizer(OptimizerKind.Sgd, b);
        Safetensors.Write(folder.File("state"), optimizerA.Save());
        var e = Assert.Throws<InputException>(() => optimizerB.Load(Safetensors.Read(folder.File("state"))));
        Assert.Contains("optimizer.state1.p", e.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void GradNormSpansAllGroupsButFrozenParameters()
    {
        using var weight = NewParameter("w", ParameterKind.Weight, 100_000);
        using var bias = NewParameter("b", ParameterKind.Bias, 3);
        using var frozen = NewParameter("f", ParameterKind.Weight, 3);
        frozen.Frozen = true;
        backend.Fill(weight.Grad, 2f);
        backend.Fill(bias.Grad, 3f);
        backend.Fill(frozen.Grad, 1e10f);
        using var optimizer = Optimizer.Create(OptimizerKind.Sgd, backend, ParameterGroups.Split([weight, bias, frozen], 0.1f, 0.9f, 0));
        Assert.Equal(Math.Sqrt(4 * 100_000 + 27), optimizer.GradNorm(), 9);

        bias.Grad.HostSpan<float>()[1] = float.NaN;
        Assert.True(double.IsNaN(optimizer.GradNorm()));
        optimizer.ZeroGrad();
        Assert.Equal(0, optimizer.GradNorm());
    }

    [Theory]
    [MemberData(nameof(Kinds))]
    public void DisposeFreesTheMoments(OptimizerKind kind)
    {
        using var p = NewParameter("p", ParameterKind.Weight, 100);
        long before = backend.Allocator.LiveBytes;
        using (NewOptimizer(kind, p)) Assert.True(backend.Allocator.LiveBytes > before);
        Assert.Equal(before, backend.Allocator.LiveBytes);
    }

    private static void Step(Optimizer optimizer, Parameter p, float[] gradient)
    {
        gradient.CopyTo(p.Grad.HostSpan<float>());
        optimizer.Step();
    }

    private Optimizer NewOptimizer(OptimizerKind kind, params Parameter[] parameters) =>
        Optimizer.Create(kind, backend, [new ParameterGroup("all", ParameterKind.Weight, parameters, 0.01f, 0.9f, 0)]);

    private Parameter NewParameter(string name, ParameterKind kind, int count)
    {
        var p = new Parameter(backend, new Shape(count), kind) { Name = name };
        Noise(count).CopyTo(p.Value.HostSpan<float>());
        return p;
    }

    private void SetGradient(Parameter p) => Noise((int)p.Grad.Count).CopyTo(p.Grad.HostSpan<float>());

    /// <summary>Numbers in ±[0.1, 1): none so small that its step would be lost in rounding.</summary>
    private float[] Noise(int count) =>
        [.. Enumerable.Range(0, count).Select(_ => (0.1f + 0.9f * random.NextSingle()) * (random.Next(2) * 2 - 1))];

    private static float[] Values(Tensor t) => t.HostSpan<float>().ToArray();
}
