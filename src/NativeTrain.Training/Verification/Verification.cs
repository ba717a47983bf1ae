using System.Runtime.InteropServices;
using NativeTrain.Core;
using NativeTrain.Core.Ops;
using NativeTrain.Nn;
using NativeTrain.Vision.Models;

namespace NativeTrain.Training;

/// <summary>One compared tensor: the worst deviation, relative to the reference's largest magnitude.</summary>
/// <param name="Group">"outputs", "loss", "gradients", "statistics" or "eval".</param>
/// <param name="Name">The tensor's name in the expected file.</param>
/// <param name="Deviation">max |ours − expected| / max |expected| (NaN anywhere gives infinity); see <see cref="Verification"/> for gradients that vanish.</param>
/// <param name="Tolerance">The most that passes.</param>
public sealed record VerifiedTensor(string Group, string Name, double Deviation, double Tolerance)
{
    public bool Passed => Deviation <= Tolerance;
}

/// <summary>
/// Runs a detector with given weights on a given batch through this program's own training path and compares
/// everything it computes with a reference's numbers: PREFIX.weights, .batch and .expected.safetensors.
/// Outputs, loss and statistics within 1e-4, gradients within 1e-3 of the tensor's largest magnitude.
/// </summary>
/// <remarks>
/// Three gradients vanish by construction: in a PSA block the betas of the batch norms without activation (pe, proj,
/// ffn.1) only shift what later batch norms centre again. What either program holds there is rounding (1e-8 where
/// other gradients reach 3), so those three are measured against 1e-5 of the model's largest gradient.
/// </remarks>
public static class Verification
{
    private const double OutputTolerance = 1e-4;
    private const double GradientTolerance = 1e-3;
    private const double VanishingGradient = 1e-5;
    private static readonly string[] Vanishing = [".attn.pe.bn.bias", ".attn.proj.bn.bias", ".ffn.1.bn.bias"];

    /// <exception cref="InputException">A file is missing, or is not of a detector.</exception>
    public static IReadOnlyList<VerifiedTensor> Run(IBackend backend, string prefix)
    {
        using var model = WeightsFile.Open(backend, prefix + ".weights.safetensors");
        var batch = Safetensors.Read(prefix + ".batch.safetensors");
        var expected = Safetensors.Read(prefix + ".expected.safetensors");
        var results = new List<VerifiedTensor>();
        using var image = ToImage(backend, batch["img"]);
        Evaluate(model, image, expected, results); // before training touches the running statistics
        Train(model, image, Targets(batch), expected, results);
        return results;
    }

    private static void Evaluate(YoloModel model, Tensor image, SafetensorsFile expected, List<VerifiedTensor> results)
    {
        using var tape = new Tape(model.Backend, record: false, training: false);
        var head = (DetectOutput)model.Forward(tape, image);
        var rows = DetectionDecode.Forward(tape, head.Box, head.Cls, head.Strides);
        // Ours is [N, cells, 4+nc], the reference's [N, 4+nc, cells].
        int n = rows.Shape[0], cells = rows.Shape[1], c = rows.C;
        float[] ours = model.Backend.ToFloats(rows);
        Compare(results, "eval", "eval.pred", ChannelsFirst(ours, n, cells, c), expected["eval.pred"].ToFloats(), OutputTolerance);
    }

    private static void Train(YoloModel model, Tensor image, float[] targets, SafetensorsFile expected, List<VerifiedTensor> results)
    {
        using var tape = new Tape(model.Backend);
        var head = (DetectOutput)model.Forward(tape, image);
        for (int l = 0; l < head.Box.Count; l++)
        {
            Tensor box = head.Box[l], cls = head.Cls[l];
            int n = box.Shape[0], cells = box.Shape[1] * box.Shape[2];
            float[] b = model.Backend.ToFloats(box), s = model.Backend.ToFloats(cls);
            // The reference keeps box and class logits of a level in one map: box channels, then classes.
            var joined = new float[b.Length + s.Length];
            for (int i = 0; i < n * cells; i++)
            {
                Array.Copy(b, i * box.C, joined, i * (box.C + cls.C), box.C);
                Array.Copy(s, i * cls.C, joined, i * (box.C + cls.C) + box.C, cls.C);
            }
            Compare(results, "outputs", $"train.feat{l}", ChannelsFirst(joined, n, cells, box.C + cls.C), expected[$"train.feat{l}"].ToFloats(), OutputTolerance);
        }
        var loss = DetectionLoss.Forward(tape, head.Box, head.Cls, head.Strides, targets);
        Compare(results, "loss", "loss", model.Backend.ToFloats(loss.Loss), expected["loss"].ToFloats(), OutputTolerance);
        Compare(results, "loss", "loss_items", model.Backend.ToFloats(loss.Items), expected["loss_items"].ToFloats(), OutputTolerance);
        tape.Backward(loss.Loss);
        var gradients = model.Parameters.ToDictionary(p => p, p => expected["grad." + p.Name].ToFloats());
        double floor = VanishingGradient * gradients.Values.Max(g => g.Max(Math.Abs));
        foreach (var (p, gradient) in gradients)
            Compare(results, "gradients", "grad." + p.Name, WeightsFile.ToEntry(model.Backend, p.Name, p.Grad).ToFloats(), gradient, GradientTolerance, Vanishing.Any(v => p.Name.EndsWith(v, StringComparison.Ordinal)) ? floor : 0);
        foreach (var (name, t) in model.NamedTensors())
            if (name.Contains(".running_", StringComparison.Ordinal))
                Compare(results, "statistics", "after." + name, model.Backend.ToFloats(t), expected["after." + name].ToFloats(), OutputTolerance);
    }

    private static void Compare(List<VerifiedTensor> results, string group, string name, float[] ours, float[] expected, double tolerance, double floor = 0)
    {
        double deviation = 0, largest = floor;
        if (ours.Length != expected.Length) deviation = double.PositiveInfinity;
        for (int i = 0; i < Math.Min(ours.Length, expected.Length); i++)
        {
            double d = Math.Abs((double)ours[i] - expected[i]);
            deviation = Math.Max(deviation, double.IsNaN(d) ? double.PositiveInfinity : d);
            largest = Math.Max(largest, Math.Abs((double)expected[i]));
        }
        results.Add(new VerifiedTensor(group, name, deviation == 0 ? 0 : deviation / largest, tolerance));
    }

    /// <summary>[N,C,H,W] floats of a file to a dense [N,H,W,C] tensor.</summary>
    private static Tensor ToImage(IBackend backend, SafetensorsEntry entry)
    {
        var s = entry.Shape;
        float[] x = entry.ToFloats();
        var y = new float[x.Length];
        int cells = s[2] * s[3];
        for (int n = 0; n < s[0]; n++)
            for (int c = 0; c < s[1]; c++)
                for (int i = 0; i < cells; i++)
                    y[(n * cells + i) * s[1] + c] = x[(n * s[1] + c) * cells + i];
        var t = Tensor.Create(backend, new Shape(s[0], s[2], s[3], s[1]));
        backend.Upload(MemoryMarshal.AsBytes(y.AsSpan()), t);
        return t;
    }

    private static float[] Targets(SafetensorsFile batch)
    {
        float[] index = batch["batch_idx"].ToFloats(), cls = batch["cls"].ToFloats(), box = batch["bboxes"].ToFloats();
        var rows = new float[index.Length * 6];
        for (int i = 0; i < index.Length; i++)
        {
            rows[i * 6] = index[i];
            rows[i * 6 + 1] = cls[i];
            box.AsSpan(i * 4, 4).CopyTo(rows.AsSpan(i * 6 + 2));
        }
        return rows;
    }

    /// <summary>[n][cells][c] → [n][c][cells].</summary>
    private static float[] ChannelsFirst(float[] x, int n, int cells, int c)
    {
        var y = new float[x.Length];
        for (int i = 0; i < n; i++)
            for (int p = 0; p < cells; p++)
                for (int k = 0; k < c; k++)
                    y[(i * c + k) * cells + p] = x[(i * cells + p) * c + k];
        return y;
    }
}
