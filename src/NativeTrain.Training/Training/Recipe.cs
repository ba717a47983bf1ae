using NativeTrain.Core;
using NativeTrain.Nn;

namespace NativeTrain.Training;

/// <summary>
/// What follows from a training's options and the size of its data set: the optimizer and its groups, the
/// warm-up, the learning rate's schedule, how many micro-batches a step adds up, when mosaic ends.
/// </summary>
public sealed class Recipe
{
    private readonly TrainOptions options;
    private readonly OptimizerChoice choice;

    /// <param name="options">The run's options.</param>
    /// <param name="images">Images in the training set.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="batchesPerEpoch">Batches in an epoch.</param>
    /// <param name="plannedEpochs">The epochs that optimizer=auto judges by; null: those of the options. A training that goes on with more epochs keeps its optimizer.</param>
    public Recipe(TrainOptions options, int images, int classes, int batchesPerEpoch, int? plannedEpochs = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        this.options = options;
        Epochs = options.Epochs;
        PlannedEpochs = plannedEpochs ?? options.Epochs;
        long iterations = OptimizerChoice.Iterations(images, options.Batch, PlannedEpochs, options.NominalBatch);
        if (options.Optimizer == "auto") Reason = WhyAuto(images, classes, iterations);
        choice = OptimizerChoice.From(options.Optimizer, options.Lr0, options.Momentum, options.WarmupBiasLr, iterations, classes);
        // The warm-up leads SGD's momentum to the option's value, also where auto chose SGD and began it at 0.9.
        Momentum = choice.Kind == OptimizerKind.Sgd && options.WarmupEpochs > 0 ? options.Momentum : choice.Momentum;
        Warmup = new Warmup(options.WarmupEpochs, batchesPerEpoch, choice.WarmupBiasLearningRate, options.WarmupMomentum, Momentum, options.Batch, options.NominalBatch);
        Accumulate = Warmup.Accumulate(Warmup.Iterations);
        WeightDecay = options.WeightDecay * options.Batch * Accumulate / options.NominalBatch;
    }

    /// <summary>Epochs of the training; where a time is given, as many as it is expected to have.</summary>
    public int Epochs { get; set; }

    /// <summary>The epochs that optimizer=auto judged by.</summary>
    public int PlannedEpochs { get; }

    public OptimizerKind Optimizer => choice.Kind;

    /// <summary>The learning rate after the warm-up, before the schedule lowers it.</summary>
    public double LearningRate => choice.LearningRate;

    /// <summary>Momentum after the warm-up; beta1 of the Adam kind, which does not warm up.</summary>
    public double Momentum { get; }

    /// <summary>weight_decay · batch · accumulate / nbs, for weights; biases and norms have none.</summary>
    public double WeightDecay { get; }

    /// <summary>Sets rates and momentum for every iteration, and says how many micro-batches make a step.</summary>
    public Warmup Warmup { get; }

    /// <summary>Micro-batches a step after the warm-up: round(nbs / batch), at least 1.</summary>
    public int Accumulate { get; }

    /// <summary>The optimizer over a model's parameters.</summary>
    public Optimizer CreateOptimizer(IBackend backend, IEnumerable<Parameter> parameters) =>
        Nn.Optimizer.Create(choice.Kind, backend, ParameterGroups.Split(parameters, (float)choice.LearningRate, (float)choice.Momentum, (float)WeightDecay));

    /// <summary>The factor on the learning rate in an epoch (from 0): from 1 to lrf in a straight line or half a cosine.</summary>
    public double Factor(int epoch) =>
        options.CosLr ? Nn.LearningRate.Cosine(epoch, Epochs, options.Lrf) : Nn.LearningRate.Linear(epoch, Epochs, options.Lrf);

    /// <summary>Whether an epoch (from 0) still has mosaic and mixup. A training of fewer epochs than close_mosaic keeps them throughout.</summary>
    public bool MosaicIn(int epoch)
    {
        int closed = Epochs - options.CloseMosaic;
        return options.CloseMosaic == 0 || closed < 0 || epoch < closed;
    }

    /// <summary>Whether an epoch is the first without mosaic.</summary>
    public bool MosaicEndsAt(int epoch) => !MosaicIn(epoch) && (epoch == 0 || MosaicIn(epoch - 1));

    /// <summary>Which options optimizer=auto leaves unused, where the user gave some; else null.</summary>
    public string? Notice
    {
        get
        {
            if (options.Optimizer != "auto") return null;
            string[] unused = choice.Kind == OptimizerKind.Sgd ? ["lr0", "warmup_bias_lr"] : ["lr0", "momentum", "warmup_bias_lr"];
            unused = [.. unused.Where(options.IsGiven)];
            return unused.Length == 0 ? null : $"optimizer=auto chooses for itself: {string.Join(", ", unused)} not used (name an optimizer to use them)";
        }
    }

    /// <summary>Why optimizer=auto chose as it did; null where the user named an optimizer.</summary>
    public string? Reason { get; }

    /// <summary>In words, for the display.</summary>
    public override string ToString() =>
        $"{Name(choice.Kind)}(lr {choice.LearningRate:g6}, momentum {Momentum:g6}, weight decay {WeightDecay:g6}), {Accumulate} batches a step";

    private string WhyAuto(int images, int classes, long iterations)
    {
        string count = $"optimizer=auto: {images} images in steps of {Math.Max(options.Batch, options.NominalBatch)} for {PlannedEpochs} epochs are {iterations} steps";
        return OptimizerChoice.Auto(iterations, classes).Kind == OptimizerKind.Sgd
            ? $"{count}; more than 10000 take SGD at 0.01"
            : $"{count}; up to 10000 take AdamW at 0.002·5/(4 + {classes} classes)";
    }

    private static string Name(OptimizerKind kind) => kind switch
    {
        OptimizerKind.Sgd => "SGD",
        OptimizerKind.RmsProp => "RMSProp",
        _ => kind.ToString(),
    };
}
