using NativeTrain.Core;
using NativeTrain.Cpu;
using NativeTrain.Nn;
using NativeTrain.Testing;
using Xunit;

namespace NativeTrain.Golden.Tests;

/// <summary>25 steps of every optimizer on three tensors beside the reference's (torch.optim 1.13), after steps 1, 5 and 25.</summary>
public class OptimizersGoldenTests
{
    private const double Tolerance = 1e-5;

    /// <summary>The hyperparameters are those of the file's metadata.</summary>
    [SharedTheory]
    [InlineData("SGD", OptimizerKind.Sgd, .01f, .937f, 5e-4f)]
    [InlineData("SGD_plain", OptimizerKind.Sgd, .01f, 0f, 0f)]
    [InlineData("Adam", OptimizerKind.Adam, .002f, .9f, 5e-4f)]
    [InlineData("AdamW", OptimizerKind.AdamW, .002f, .9f, .01f)]
    [InlineData("NAdam", OptimizerKind.NAdam, .002f, .9f, 5e-4f)]
    [InlineData("RAdam", OptimizerKind.RAdam, .002f, .9f, 5e-4f)]
    [InlineData("RMSProp", OptimizerKind.RmsProp, .002f, .9f, 5e-4f)]
    public void FollowsTheReference(string name, OptimizerKind kind, float learningRate, float momentum, float weightDecay)
    {
        var golden = Testing.Golden.Read("optimizers");
        using var backend = new CpuBackend();
        var parameters = Enumerable.Range(0, 3).Select(i => Load(backend, golden[$"param{i}"])).ToArray();
        var group = new ParameterGroup("all", ParameterKind.Weight, parameters, learningRate, momentum, weightDecay);
        using var optimizer = Optimizer.Create(kind, backend, [group]);

        for (int step = 0; step < 25; step++)
        {
            for (int i = 0; i < 3; i++) backend.Upload(golden[$"grad{i}.step{step}"].Bytes.Span, parameters[i].Grad);
            optimizer.Step();
            if (step + 1 is not (1 or 5 or 25)) continue;
            for (int i = 0; i < 3; i++)
                AssertClose(golden[$"{name}.param{i}.after{step + 1}"], parameters[i].Value);
        }
        foreach (var p in parameters) p.Dispose();
    }

    private static Parameter Load(CpuBackend backend, SafetensorsEntry entry)
    {
        var p = new Parameter(backend, entry.Shape, ParameterKind.Weight);
        backend.Upload(entry.Bytes.Span, p.Value);
        return p;
    }

    private static void AssertClose(SafetensorsEntry expected, Tensor actual)
    {
        var values = actual.HostSpan<float>();
        float[] wanted = expected.ToFloats();
        for (int i = 0; i < wanted.Length; i++)
            Assert.True(Math.Abs(values[i] - wanted[i]) <= Tolerance, $"{expected.Name}[{i}]: {values[i]}, the reference has {wanted[i]}");
    }
}
