using NativeTrain.Core;
using NativeTrain.Core.Ops;
using NativeTrain.Nn;
using NativeTrain.Vision.Models;

namespace NativeTrain.Training;

/// <summary>
/// Runs a model with given weights on a given batch through this program's own training path and compares
/// everything it computes with a reference's numbers: PREFIX.weights, .batch and .expected.safetensors.
/// Outputs, loss and statistics within 1e-4, gradients within 1e-3 of the tensor's largest magnitude.
/// </summary>
/// <remarks>
/// Three gradients vanish by construction: in a PSA block the betas of the batch norms without activation (pe, proj,
/// ffn.1) only shift what later batch norms centre again. What either program holds there is rounding (1e-8 where
/// other gradients reach 3), so those three are measured against 1e-5 of the model's largest gradient.
/// In 16 bits a step on the way that trains is compared: its loss within 1 %, its outputs, whose roundings the loss
/// averages out, within 10 % in fp16 and 40 % in bf16, which has three bits less. A rounding can decide which of two nearly equal cells the assigner gives to an object; in
/// a batch of two pictures one such cell moves an item of the loss by 1 % and the gradients by a tenth. So items may
/// deviate by 3 %, and in fp16 the gradients, all together as one long vector, by a quarter of that vector's length
/// (in bf16, with 8 bits, many cells change hands).
/// </remarks>
public static class Verification
{
    private const double OutputTolerance = 1e-4, HalfOutputTolerance = 0.1, BFloatOutputTolerance = 0.4, RoundedLossTolerance = 0.01, RoundedItemTolerance = 0.03, RoundedGradientTolerance = 0.25;

    /// <summary>What the walk back in fp16 starts from, so that small gradients stay above the type's smallest numbers.</summary>
    private const float LossScale = 1024;

    private const double GradientTolerance = 1e-3;
    private const double VanishingGradient = 1e-5;
    private static readonly string[] Vanishing = [".attn.pe.bn.bias", ".attn.proj.bn.bias", ".ffn.1.bn.bias"];

    /// <param name="backend">Where to compute.</param>
    /// <param name="prefix">Of the three files.</param>
    /// <param name="precision">Element type of the feature maps.</param>
    /// <exception cref="InputException">A file is missing, or is not of a model that this program knows.</exception>
    public static IReadOnlyList<VerifiedTensor> Run(IBackend backend, string prefix, DType precision = DType.F32)
    {
        bool rounded = precision != DType.F32;
        using var model = WeightsFile.Open(backend, prefix + ".weights.safetensors");
        var batch = ReferenceBatch.Read(prefix);
        var comparison = new Comparison(Safetensors.Read(prefix + ".expected.safetensors"),
            precision switch { DType.F16 => HalfOutputTolerance, DType.BF16 => BFloatOutputTolerance, _ => OutputTolerance },
            rounded ? RoundedLossTolerance : OutputTolerance, rounded ? RoundedItemTolerance : OutputTolerance);
        using var image = new HostTensor(batch.ImageShape, batch.Image).Upload(backend);
        if (rounded)
        {
            using var tape = new Tape(backend) { Precision = precision };
            var loss = HeadVerification.Trained(tape, model.Forward(tape, Cast.Forward(tape, image, precision)), batch, comparison);
            if (precision != DType.F16) return comparison.Results;
            tape.Backward(loss, LossScale);
            comparison.AddTogether("gradients", "grad.*", model.Parameters.Select(p => ("grad." + p.Name, Gradient(model, p))), 1 / LossScale, RoundedGradientTolerance);
            return comparison.Results;
        }
        // Evaluation goes first: training touches the running statistics.
        using (var tape = new Tape(backend, record: false, training: false))
            HeadVerification.Evaluated(tape, model.Forward(tape, image), comparison);
        using (var tape = new Tape(backend))
            tape.Backward(HeadVerification.Trained(tape, model.Forward(tape, image), batch, comparison));
        Gradients(model, comparison);
        Statistics(model, comparison);
        return comparison.Results;
    }

    private static void Gradients(YoloModel model, Comparison comparison)
    {
        double floor = VanishingGradient * comparison.Largest(model.Parameters.Select(p => "grad." + p.Name));
        foreach (var p in model.Parameters)
            comparison.Add("gradients", "grad." + p.Name, Gradient(model, p), GradientTolerance,
                Vanishing.Any(v => p.Name.EndsWith(v, StringComparison.Ordinal)) ? floor : 0);
    }

    private static float[] Gradient(YoloModel model, Parameter p) => WeightsFile.ToEntry(model.Backend, p.Name, p.Grad).ToFloats();

    private static void Statistics(YoloModel model, Comparison comparison)
    {
        foreach (var (name, t) in model.NamedTensors())
            if (name.Contains(".running_", StringComparison.Ordinal))
                comparison.Add("statistics", "after." + name, model.Backend.ToFloats(t), OutputTolerance);
    }
}
