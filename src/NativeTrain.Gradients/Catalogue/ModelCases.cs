using NativeTrain.Core;
using NativeTrain.Training;
using NativeTrain.Vision.Models;

namespace NativeTrain.Gradients;

/// <summary>
/// Whole networks and their loss, along random directions, layer by layer. The loss holds the assigner's choice and CIoU's α constant when it
/// is differentiated, so differences are taken of the loss in double with the same choice, of logits that the network computes.
/// </summary>
public static class ModelCases
{
    /// <summary>Pictures are this large where none are given: the coarsest map then has 4×4 cells.</summary>
    private const int DefaultSize = 128;

    private const int DefaultImages = 2, DefaultClasses = 3;

    /// <summary>The three tasks' smallest built-in networks.</summary>
    public static IEnumerable<GradCase> All => ((string[])["yolo11n.yaml", "yolo11n-seg.yaml", "yolo11n-cls.yaml"]).Select(m => OfGraph(m));

    /// <summary>A graph with random weights and random pictures.</summary>
    /// <param name="model">A built-in graph or a yaml file.</param>
    /// <param name="dims">N, H, W, 3; null: two pictures of 128×128.</param>
    /// <exception cref="InputException">There is no such graph.</exception>
    public static GradCase OfGraph(string model, int[]? dims = null)
    {
        var spec = YoloSpec.Resolve(model);
        dims ??= [DefaultImages, DefaultSize, DefaultSize, 3];
        var image = new In(new Shape(dims), false, In.Uniform(0, 1)) { Name = "image" };
        using var meta = new MetaBackend();
        using var planned = YoloModel.Blank(meta, spec, DefaultClasses);
        int most = planned.Strides.Max();
        if (dims is not [> 0, > 0, > 0, 3] || dims[1] % most != 0 || dims[2] % most != 0) throw new InputException($"shape={string.Join('x', dims)}: {spec.Name} wants Nx{most}kx{most}mx3, for example 2x128x128x3");
        var truth = ModelTruth.Drawn(spec.Task, dims[0], dims[1], dims[2], DefaultClasses);
        return Case(spec.Name, $"random, {image.Shape}", planned, image, truth, BlockCases.Draw, backend => YoloModel.Create(backend, spec, DefaultClasses, seed: 1));
    }

    /// <summary>A model and a batch of a reference's.</summary>
    /// <param name="prefix">Of PREFIX.weights.safetensors and PREFIX.batch.safetensors.</param>
    /// <exception cref="InputException">One of the files is missing, or not what it should be.</exception>
    public static GradCase OfReference(string prefix)
    {
        string weights = prefix + ".weights.safetensors";
        var batch = ReferenceBatch.Read(prefix);
        using var meta = new MetaBackend();
        using var planned = WeightsFile.Open(meta, weights);
        var image = new In(batch.ImageShape, false, (_, _) => batch.Image) { Name = "image" };
        bool classify = planned.Task == YoloTask.Classify;
        var truth = new ModelTruth(classify ? [] : batch.Targets, planned.Task == YoloTask.Segment ? batch.Masks : null, classify ? batch.Classes : null);
        return Case(Path.GetFileName(prefix), $"batch {image.Shape}", planned, image, truth, _ => null, backend => WeightsFile.Open(backend, weights));
    }

    private static GradCase Case(string subject, string name, YoloModel planned, In image, ModelTruth truth, Func<ParameterKind, Func<Random, int, float[]>?> draw, Func<IBackend, YoloModel> open)
    {
        string[] blocks = [.. planned.Layers.Select(l => l.Block)];
        int[] strides = [.. planned.Strides];
        In[] inputs = [image, .. planned.Parameters.Select(p => new In(p.Value.Shape, true, draw(p.Kind)) { Name = p.Name, Group = Group(p.Name) })];
        return new GradCase(CaseKind.Model, subject, name, inputs, f => HeadTensors.Of(f.Owner<YoloModel>().Forward(f.Tape, f[0])))
        {
            AnyMap = true,
            OneUser = true, // two passes would only take longer: ops and blocks are checked with two uses
            ByDirection = true,
            Tolerance = Tolerances.Model,
            Loss = (f, y) => HeadTensors.Loss(f.Tape, y, strides, truth),
            LossInDouble = (f, y) => HeadTensors.LossInDouble(f.Backend, y, strides, truth),
            Build = backend =>
            {
                var model = open(backend);
                return new Built(model, model.Parameters);
            },
        };

        // "model.13.cv1.conv.weight": layer 13.
        string Group(string parameter)
        {
            string layer = parameter.Split('.')[1];
            return $"layer {layer} ({blocks[int.Parse(layer, System.Globalization.CultureInfo.InvariantCulture)]})";
        }
    }
}
