using NativeTrain.Core;
using NativeTrain.Cpu;
using Xunit;

namespace NativeTrain.Nn.Tests.Modules;

/// <summary>
/// What every module must do, which writes pieces in place and fuses what can be fused: equal its composition by
/// plain ops in outputs, gradients and statistics; equal, in inference, the composition by running statistics; and leave
/// no memory behind. (That gradients agree with differences is checked with those of the ops, in NativeTrain.Gradients.Tests.)
/// </summary>
public abstract class ModuleTest : IDisposable
{
    private readonly CpuBackend backend = new();
    private readonly List<string> problems = [];

    /// <summary>The modules to test.</summary>
    protected abstract IEnumerable<Block> Blocks { get; }

    /// <summary>n, h, w.</summary>
    public static TheoryData<int, int, int> Maps => new() { { 1, 1, 1 }, { 2, 1, 1 }, { 1, 3, 5 }, { 2, 3, 5 } };

    public void Dispose()
    {
        backend.Dispose();
        GC.SuppressFinalize(this);
    }

    [Theory]
    [MemberData(nameof(Maps))]
    public void TrainingEqualsThePlainComposition(int n, int h, int w)
    {
        foreach (var block in Blocks)
        {
            using var run = new BlockRun(backend, block, n, h, w);
            using var tape = new Tape(backend);
            using var plainTape = new Tape(backend);
            using var plain = new Plain(backend, plainTape, run.Module);

            var expected = run.Compose(plain);
            var actual = run.Forward(tape);
            for (int o = 0; o < expected.Length; o++) Compare(block, $"output {o}", run.Values(expected[o]), run.Values(actual[o]));
            foreach (var (name, b) in run.Module.NamedBuffers()) Compare(block, name, run.Values(plain.Buffers[name]), run.Values(b));

            float[] expectedGradient = run.Backward(plainTape, expected);
            Compare(block, "gradient of the input", expectedGradient, run.Backward(tape, actual));
            foreach (var (name, p) in run.Module.NamedParameters())
                Compare(block, $"gradient of {name}", run.Values(plain.Parameters[name].Grad), run.Values(p.Grad));
        }
        Assert.Empty(problems);
    }

    [Theory]
    [MemberData(nameof(Maps))]
    public void InferenceEqualsTheCompositionByRunningStatistics(int n, int h, int w)
    {
        foreach (var block in Blocks)
        {
            using var run = new BlockRun(backend, block, n, h, w);
            using var tape = new Tape(backend, record: false, training: false);
            using var plainTape = new Tape(backend, record: false, training: false);
            using var plain = new Plain(backend, plainTape, run.Module);
            var expected = run.Compose(plain);
            var actual = run.Forward(tape);
            for (int o = 0; o < expected.Length; o++) Compare(block, $"output {o}", run.Values(expected[o]), run.Values(actual[o]));
        }
        Assert.Empty(problems);
    }

    [Theory]
    [MemberData(nameof(Maps))]
    public void NoMemoryStaysBehind(int n, int h, int w)
    {
        foreach (var block in Blocks)
        {
            using var run = new BlockRun(backend, block, n, h, w);
            long before = backend.Allocator.LiveBytes;

            var training = new Tape(backend); // the walk back frees what it holds, not its end
            run.Backward(training, run.Forward(training));
            Assert.Equal(before, backend.Allocator.LiveBytes);

            using (var inference = new Tape(backend, record: false, training: false)) run.Forward(inference);
            Assert.Equal(before, backend.Allocator.LiveBytes);
        }
    }

    /// <summary>Every element within 1e-5 of the largest magnitude; less than 1e-3 counts as that (no gradient passes a batch norm over one cell).</summary>
    private void Compare(Block block, string what, float[] expected, float[] actual)
    {
        Assert.Equal(expected.Length, actual.Length);
        double tolerance = 1e-5 * Math.Max(1e-3, expected.Max(Math.Abs));
        for (int i = 0; i < expected.Length; i++)
        {
            if (Math.Abs((double)actual[i] - expected[i]) <= tolerance) continue; // NaN is not
            problems.Add($"{block.Name}: {what}, element {i}: {actual[i]:R} instead of {expected[i]:R}");
            return;
        }
    }
}
