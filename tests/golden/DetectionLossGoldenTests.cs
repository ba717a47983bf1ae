using System.Runtime.InteropServices;
using NativeTrain.Core;
using NativeTrain.Core.Ops;
using NativeTrain.Cpu;
using NativeTrain.Nn;
using NativeTrain.Testing;
using Xunit;

namespace NativeTrain.Golden.Tests;

/// <summary>The loss on the reference's own logits, apart from the model: value, items, and the gradients of the head's last biases, which are the logits' gradients summed over the pixels.</summary>
public sealed class DetectionLossGoldenTests : IDisposable
{
    private static readonly int[] Strides = [8, 16, 32];
    private const int BoxChannels = 64;

    private readonly CpuBackend backend = new();

    public void Dispose() => backend.Dispose();

    [SharedFact]
    public void LossAndGradientsEqualTheReferences()
    {
        var expected = Safetensors.Read(Shared.File("golden/yolo11n-nc3-128.expected.safetensors"));
        var batch = Safetensors.Read(Shared.File("golden/yolo11n-nc3-128.batch.safetensors"));
        Tensor[] box = new Tensor[3], cls = new Tensor[3];
        for (int l = 0; l < 3; l++)
        {
            var logits = expected[$"train.feat{l}"];
            box[l] = Channels(logits, 0, BoxChannels);
            cls[l] = Channels(logits, BoxChannels, logits.Shape[1] - BoxChannels);
        }
        using var tape = new Tape(backend);
        var loss = DetectionLoss.Forward(tape, box, cls, Strides, Targets(batch));

        Near(expected["loss"].ToFloats(), loss.Loss.HostSpan<float>().ToArray(), 1e-4, "loss");
        Near(expected["loss_items"].ToFloats(), loss.Items.HostSpan<float>().ToArray(), 1e-4, "loss_items");
        tape.Backward(loss.Loss);
        for (int l = 0; l < 3; l++)
        {
            Near(expected[$"grad.model.23.cv2.{l}.2.bias"].ToFloats(), SumOverPixels(box[l].Grad!), 1e-4, $"box level {l}");
            Near(expected[$"grad.model.23.cv3.{l}.2.bias"].ToFloats(), SumOverPixels(cls[l].Grad!), 1e-4, $"cls level {l}");
            box[l].Dispose();
            cls[l].Dispose();
        }
    }

    private static float[] Targets(SafetensorsFile batch)
    {
        float[] image = batch["batch_idx"].ToFloats(), cls = batch["cls"].ToFloats(), box = batch["bboxes"].ToFloats();
        return [.. image.SelectMany((n, i) => (float[])[n, cls[i], .. box[(4 * i)..(4 * i + 4)]])];
    }

    // Channels [begin, begin + count) of an NCHW array, as an NHWC tensor.
    private Tensor Channels(SafetensorsEntry nchw, int begin, int count)
    {
        int n = nchw.Shape[0], c = nchw.Shape[1], h = nchw.Shape[2], w = nchw.Shape[3];
        float[] from = nchw.ToFloats(), to = new float[n * h * w * count];
        for (int i = 0; i < n; i++)
            for (int p = 0; p < h * w; p++)
                for (int k = 0; k < count; k++)
                    to[(i * h * w + p) * count + k] = from[(i * c + begin + k) * h * w + p];
        var t = Tensor.Create(backend, new Shape(n, h, w, count));
        t.RequiresGrad = true;
        backend.Upload(MemoryMarshal.AsBytes<float>(to), t);
        return t;
    }

    private static float[] SumOverPixels(Tensor t)
    {
        double[] sum = new double[t.C];
        var values = t.HostSpan<float>();
        for (int i = 0; i < values.Length; i++) sum[i % t.C] += values[i];
        return [.. sum.Select(v => (float)v)];
    }

    private static void Near(float[] expected, float[] actual, double relative, string what)
    {
        Assert.Equal(expected.Length, actual.Length);
        double largest = expected.Max(Math.Abs);
        for (int i = 0; i < expected.Length; i++)
            Assert.True(Math.Abs(expected[i] - actual[i]) <= relative * largest, $"{what}[{i}]: expected {expected[i]:g9}, got {actual[i]:g9}");
    }
}
