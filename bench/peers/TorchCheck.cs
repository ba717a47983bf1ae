using NativeTrain.Nn;
using NativeTrain.Vision.Models;
using static TorchSharp.torch;

namespace NativeTrain.Peers;

/// <summary>Holds the peer's model and loss against a reference step (../shared/golden), so that what races computes the right thing.</summary>
internal static class TorchCheck
{
    /// <param name="prefix">Of PREFIX.weights.safetensors, PREFIX.batch.safetensors and PREFIX.expected.safetensors.</param>
    /// <param name="model">The graph.</param>
    /// <returns>0 where every deviation is below 1e-4 of the largest magnitude.</returns>
    public static int Run(string prefix, string model)
    {
        var batch = TensorFile.Read($"{prefix}.batch.safetensors");
        var expected = TensorFile.Read($"{prefix}.expected.safetensors");
        var image = Read(batch, "img");
        float[] images = batch["batch_idx"].ToFloats(), classes = batch["cls"].ToFloats(), boxes = batch["bboxes"].ToFloats();
        float[] rows = [.. Enumerable.Range(0, images.Length).SelectMany(i => (float[])[images[i], classes[i], .. boxes[(4 * i)..(4 * i + 4)]])];
        var loss = new TorchLoss(rows, (int)image.shape[0], (int)image.shape[2]);

        var weights = new TorchWeights(TensorFile.Read($"{prefix}.weights.safetensors"));
        var (box, cls) = new TorchModel(YoloSpec.Resolve(model), weights, ScalarType.Float32).Forward(image);
        Tensor[] levels = [.. Enumerable.Range(0, box.Length).Select(l => Read(expected, $"train.feat{l}"))];
        double worst = 0;
        for (int l = 0; l < levels.Length; l++) worst = Tell($"level {l}", cat([box[l], cls[l]], 1), levels[l], worst);
        var wanted = Read(expected, "loss");
        worst = Tell("loss of the reference's maps", loss.Of([.. levels.Select(t => t.narrow(1, 0, 64))], [.. levels.Select(t => t.narrow(1, 64, t.shape[1] - 64))]), wanted, worst);
        var own = loss.Of(box, cls);
        worst = Tell("loss", own, wanted, worst);
        own.backward();
        foreach (var gradient in expected.Entries.Where(e => e.Name.StartsWith("grad.", StringComparison.Ordinal)))
            Tell(gradient.Name, weights[gradient.Name["grad.".Length..]].grad!, Read(expected, gradient.Name), 0);
        return worst < 1e-4 ? 0 : 1;
    }

    private static double Tell(string name, Tensor ours, Tensor wanted, double worst)
    {
        double deviation = (ours.reshape(wanted.shape) - wanted).abs().max().item<float>() / wanted.abs().max().item<float>();
        Console.WriteLine($"{name}: {deviation:e1}");
        return Math.Max(worst, deviation);
    }

    private static Tensor Read(TensorFile file, string name)
    {
        var entry = file[name];
        return tensor(entry.ToFloats(), [.. Enumerable.Range(0, entry.Shape.Rank).Select(d => (long)entry.Shape[d])]);
    }
}
