using NativeTrain.Core;

namespace NativeTrain.Training;

/// <summary>
/// The numbers of a training that follow from its options and the size of its data set: which optimizer, how
/// many micro-batches a step, how long the warm-up, and the learning rates and momentum at every iteration.
/// </summary>
public sealed class Recipe
{
    private readonly TrainOptions options;

    /// <param name="options">The run's options.</param>
    /// <param name="images">Images in the training set.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="stepsPerEpoch">Batches in an epoch.</param>
    public Recipe(TrainOptions options, int images, int classes, int stepsPerEpoch)
    {
        ArgumentNullException.ThrowIfNull(options);
        this.options = options;
        Accumulate = Math.Max(1, Round(options.NominalBatch / (double)options.Batch));
        WeightDecay = options.WeightDecay * options.Batch * Accumulate / options.NominalBatch;
        WarmupIterations = options.WarmupEpochs > 0 ? Math.Max(Round(options.WarmupEpochs * stepsPerEpoch), 100) : -1;

        if (options.Optimizer == "auto")
        {
            Auto = true;
            // ceil(images / max(batch, nbs)) · epochs: how many times the weights will change, roughly.
            int batch = Math.Max(options.Batch, options.NominalBatch);
            long iterations = (images + batch - 1L) / batch * options.Epochs;
            bool sgd = iterations > 10000;
            Optimizer = sgd ? OptimizerKind.Sgd : OptimizerKind.AdamW;
            LearningRate = sgd ? 0.01 : Math.Round(0.002 * 5 / (4 + classes), 6);
            Momentum = 0.9;
            WarmupBiasRate = 0;
        }
        else
        {
            Optimizer = Enum.Parse<OptimizerKind>(options.Optimizer, ignoreCase: true);
            LearningRate = options.Lr0;
            Momentum = options.Momentum;
            WarmupBiasRate = options.WarmupBiasLr;
        }
    }

    /// <summary>Whether optimizer=auto chose.</summary>
    public bool Auto { get; }
    public OptimizerKind Optimizer { get; }
    /// <summary>The learning rate after the warm-up, before the schedule lowers it.</summary>
    public double LearningRate { get; }
    /// <summary>Momentum of SGD and RMSProp, beta1 of the Adam kind.</summary>
    public double Momentum { get; }
    /// <summary>weight_decay · batch · accumulate / nbs, for weights; biases and norms have none.</summary>
    public double WeightDecay { get; }
    public double WarmupBiasRate { get; }
    /// <summary>Micro-batches a step after the warm-up: round(nbs / batch), at least 1.</summary>
    public int Accumulate { get; }
    /// <summary>The last iteration of the warm-up, or −1 where there is none.</summary>
    public int WarmupIterations { get; }

    /// <summary>Micro-batches a step at an iteration: rises from 1 during the warm-up.</summary>
    public int AccumulateAt(long iteration) =>
        iteration > WarmupIterations ? Accumulate : Math.Max(1, Round(Ramp(iteration, 1, options.NominalBatch / (double)options.Batch)));

    /// <summary>
    /// The learning rate at an iteration (counted through all epochs). It falls by epoch to lr0·lrf, in a
    /// straight line or a half cosine; during the warm-up it goes there in a straight line from 0, that of
    /// biases from warmup_bias_lr.
    /// </summary>
    public double LearningRateAt(int epoch, long iteration, ParameterKind kind)
    {
        double rate = LearningRate * Factor(epoch);
        return iteration > WarmupIterations ? rate : Ramp(iteration, kind == ParameterKind.Bias ? WarmupBiasRate : 0, rate);
    }

    /// <summary>
    /// The momentum at an iteration: rises from warmup_momentum during the warm-up. Adam's beta1 is constant.
    /// </summary>
    public double MomentumAt(long iteration) =>
        iteration > WarmupIterations || Optimizer is not (OptimizerKind.Sgd or OptimizerKind.RmsProp)
            ? Momentum
            : Ramp(iteration, options.WarmupMomentum, Momentum);

    /// <summary>Whether an epoch (from 0) still has mosaic and mixup. A training of fewer epochs than close_mosaic keeps them throughout.</summary>
    public bool MosaicIn(int epoch)
    {
        int closed = options.Epochs - options.CloseMosaic;
        return options.CloseMosaic == 0 || closed < 0 || epoch < closed;
    }

    /// <summary>In words, for the display.</summary>
    public override string ToString() =>
        $"{Optimizer.ToString().Replace("Sgd", "SGD").Replace("RmsProp", "RMSProp")}(lr {LearningRate:G6}, momentum {Momentum:G6}, weight decay {WeightDecay:G6}), {Accumulate} batches a step";

    private double Factor(int epoch)
    {
        double t = (double)epoch / options.Epochs;
        return options.CosLr
            ? (1 - Math.Cos(t * Math.PI)) / 2 * (options.Lrf - 1) + 1
            : Math.Max(1 - t, 0) * (1 - options.Lrf) + options.Lrf;
    }

    private double Ramp(long iteration, double from, double to) => from + (to - from) * iteration / WarmupIterations;

    /// <summary>To the nearest whole number, halves to the even one.</summary>
    private static int Round(double x) => (int)Math.Round(x, MidpointRounding.ToEven);
}
