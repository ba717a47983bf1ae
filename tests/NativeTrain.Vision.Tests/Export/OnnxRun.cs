using Microsoft.ML.OnnxRuntime;
using Microsoft.ML.OnnxRuntime.Tensors;
using NativeTrain.Core;
using NativeTrain.Cpu;
using NativeTrain.Vision.Models;
using Xunit;

namespace NativeTrain.Vision.Tests;

/// <summary>Runs an exported file by ONNX Runtime, an implementation that is not ours.</summary>
internal sealed class OnnxRun : IDisposable
{
    private readonly InferenceSession session;

    /// <summary>Loading checks the file: its structure, operators, types and shapes.</summary>
    public OnnxRun(string path)
    {
        using var options = new SessionOptions { IntraOpNumThreads = 1, LogSeverityLevel = OrtLoggingLevel.ORT_LOGGING_LEVEL_ERROR };
        session = new InferenceSession(path, options);
    }

    public IReadOnlyDictionary<string, string> Metadata => session.ModelMetadata.CustomMetadataMap;

    /// <summary>Extents of an input or output as the file declares them; −1 where they are free.</summary>
    public int[] Declared(string name) =>
        (session.InputMetadata.TryGetValue(name, out var input) ? input : session.OutputMetadata[name]).Dimensions;

    /// <summary>Outputs, flat, with their extents, of images [n, h, w, 3] (they are fed as [n, 3, h, w]).</summary>
    public Dictionary<string, (int[] Dims, float[] Values)> Run(float[] nhwc, int n, int h, int w)
    {
        var images = new DenseTensor<float>([n, 3, h, w]);
        for (int i = 0; i < n; i++)
            for (int p = 0; p < h * w; p++)
                for (int c = 0; c < 3; c++)
                    images.Buffer.Span[(i * 3 + c) * h * w + p] = nhwc[(i * h * w + p) * 3 + c];
        using var results = session.Run([NamedOnnxValue.CreateFromTensor("images", images)]);
        return results.ToDictionary(r => r.Name, r => (r.AsTensor<float>().Dimensions.ToArray(), r.AsTensor<float>().ToArray()));
    }

    public void Dispose() => session.Dispose();

    /// <summary>Images [n, h, w, 3] with smooth shapes and noise, so that cells differ.</summary>
    public static float[] Images(int n, int h, int w, int seed = 1)
    {
        var random = new Random(seed);
        var x = new float[n * h * w * 3];
        for (int i = 0; i < x.Length; i++)
        {
            int c = i % 3, column = i / 3 % w, row = i / 3 / w % h, image = i / 3 / w / h;
            x[i] = Math.Clamp(0.5f + 0.4f * MathF.Sin((column * (c + 1) + row * (image + 2)) * 0.11f) + 0.2f * (random.NextSingle() - 0.5f), 0, 1);
        }
        return x;
    }

    /// <summary>Our own inference on the same images: the head's output, handed to <paramref name="read"/> with the tape.</summary>
    public static T Ours<T>(CpuBackend cpu, YoloModel model, float[] images, int n, int h, int w, Func<Tape, HeadOutput, T> read)
    {
        using var tape = new Tape(cpu, record: false, training: false);
        var x = tape.New(new Shape(n, h, w, 3));
        images.CopyTo(x.HostSpan<float>());
        return read(tape, model.Forward(tape, x));
    }

    /// <summary>[n, a, b] → [n, b, a].</summary>
    public static float[] Swap(float[] x, int n, int a, int b)
    {
        var y = new float[x.Length];
        for (int i = 0; i < n; i++)
            for (int j = 0; j < a; j++)
                for (int k = 0; k < b; k++)
                    y[(i * b + k) * a + j] = x[(i * a + j) * b + k];
        return y;
    }

    /// <summary>Every number within 1e-4 of the largest.</summary>
    public static void Close(float[] expected, float[] found)
    {
        Assert.Equal(expected.Length, found.Length);
        float most = expected.Max(MathF.Abs), worst = expected.Zip(found, (e, f) => MathF.Abs(e - f)).Max();
        Assert.True(worst <= 1e-4f * most, $"off by {worst:E2} of {most:E2}");
    }
}
