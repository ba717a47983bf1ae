using NativeTrain.Core;
using NativeTrain.Vision.Data;
using NativeTrain.Vision.Models;

namespace NativeTrain.Training;

/// <summary>batch=-1 and batch=0.8: the largest batch whose training fits into a share of the free memory, by the plan alone; nothing is tried out.</summary>
public sealed class AutoBatch : IDisposable
{
    private const int Most = 4096;

    /// <summary>The validation that ends a training has the val verb's default batch.</summary>
    private const int FinalBatch = 16;

    /// <summary>Measured: code that is compiled on the way, arrays between two collections; and what drawing plots adds to it.</summary>
    private const long Runtime = 48 << 20, Drawing = 32 << 20;

    private readonly TrainOptions options;
    private readonly TaskWork work;
    private readonly YoloSpec spec;
    private readonly int classes;
    private readonly IImageSet train, val;
    private readonly DType precision;
    private readonly Dictionary<OptimizerKind, MemoryPlanner> planners = [];

    /// <param name="options">Of the training; its batch is of no account.</param>
    /// <param name="work">The task.</param>
    /// <param name="spec">The model's graph.</param>
    /// <param name="classes">Number of classes.</param>
    /// <param name="train">The training set.</param>
    /// <param name="val">The validation set.</param>
    /// <param name="precision">Element type of feature maps while training.</param>
    public AutoBatch(TrainOptions options, TaskWork work, YoloSpec spec, int classes, IImageSet train, IImageSet val, DType precision = DType.F32)
    {
        this.options = options;
        this.work = work;
        this.spec = spec;
        this.classes = classes;
        this.train = train;
        this.val = val;
        this.precision = precision;
    }

    /// <summary>
    /// The options with a number for batch=, where they have a share; says what was planned. Of several processes each plans its part of a
    /// batch, in its share of the memory where that is the host's, and all take the smallest: the batch is that times their number.
    /// </summary>
    /// <exception cref="InputException">Not even one image fits.</exception>
    public static TrainOptions Resolve(TrainOptions options, TaskWork work, int classes, IImageSet train, IImageSet val, DType precision, IBackend backend, ITrainingProgress progress, DataParallel? ranks = null)
    {
        ArgumentNullException.ThrowIfNull(options);
        ArgumentNullException.ThrowIfNull(backend);
        ArgumentNullException.ThrowIfNull(progress);
        ranks ??= DataParallel.Alone;
        if (options.BatchShare is not { } share) return options;
        using var auto = new AutoBatch(options, work, ModelSource.SpecOf(options), classes, train, val, precision);
        var free = backend.MemoryLeft;
        if (free.OfHost) free = free with { Bytes = free.Bytes / ranks.Collectives.LocalSize };
        var plan = auto.Largest(share, free);
        string asked = $"batch={options.Values.First(o => o.Name == "batch").Value}";
        foreach (string line in plan.Lines(asked, share, free, Environment.WorkingSet)) progress.OnMessage(line);
        if (ranks.IsAlone) return options.With($"batch={plan.Batch}");
        int smallest = ranks.Collectives.AllGather(BitConverter.GetBytes(plan.Batch)).Min(b => BitConverter.ToInt32(b));
        int all = Math.Min(smallest * ranks.Collectives.Size, train.Count);
        progress.OnMessage($"{asked}: the smallest of {ranks.Collectives.Size} ranks has room for {smallest}, all of them for batch={all}");
        return options.With($"batch={all}");
    }

    /// <summary>The plan of the largest batch that fits.</summary>
    /// <param name="share">Share of <paramref name="free"/> that may be taken.</param>
    /// <param name="free">What the device has left.</param>
    /// <exception cref="InputException">Not even one image fits.</exception>
    public MemoryPlan Largest(double share, MemoryLeft free)
    {
        long budget = (long)(share * free.Bytes);
        var fits = Plan(1);
        if (fits.Of(free) > budget)
            throw new InputException(FormattableString.Invariant(
                $"batch: not even one image fits: {spec.Name} at imgsz={options.ImageSize} takes {MemoryPlan.Size(fits.Of(free))}, {100 * share:g3} % of the free memory are {MemoryPlan.Size(budget)}; take a smaller model or lower imgsz"));
        int low = 1, high = MostImages + 1;
        while (high - low > 1)
        {
            int middle = low + (high - low) / 2;
            var plan = Plan(middle);
            if (plan.Of(free) <= budget) (low, fits) = (middle, plan);
            else high = middle;
        }
        return fits;
    }

    /// <summary>The plan of a batch.</summary>
    public MemoryPlan Plan(int batch)
    {
        int steps = (train.Count + batch - 1) / batch, valBatch = Math.Min(2 * batch, val.Count), valSteps = (val.Count + valBatch - 1) / valBatch;
        int side = TrainSide, valSide = ValSide;
        var planner = Planner(new Recipe(options.With($"batch={batch}"), train.Count, classes, steps));
        var step = planner.Step(Math.Min(batch, train.Count), side, side, work.MostObjects(train, batch));
        var validation = planner.Validation(valBatch, valSide, valSide, work.MostObjects(val, valBatch));
        int last = Math.Min(FinalBatch, val.Count);
        var final = planner.FinalValidation(last, valSide, valSide, work.MostObjects(val, last));
        int ahead = options.Workers == 0 ? 2 : options.Workers + 4; // those made ahead, one that is made, one that is uploaded, one that is used
        long loaders = work.LoadedBytes(side, side) * Math.Min(batch, train.Count) * Math.Min(ahead, steps) + work.LoadedBytes(valSide, valSide) * valBatch * Math.Min(ahead, valSteps)
            + work.LoaderScratch(options.ImageSize) * Math.Max(1, options.Workers);
        // Of every weight gradient's sum up to 16 parts stand beside each other, and the weights are packed twice.
        long scratch = 4 * 18 * planner.LargestWeights + Environment.ProcessorCount * (4L << 20);
        return new MemoryPlan(batch, planner.Fixed, Max(step.Peak, validation.Peak, final.Peak), Max(step.Held, validation.Held, final.Held),
            loaders, Math.Max(validation.Read, final.Read) + planner.WeightBytes, scratch, Runtime + (options.Plots ? Drawing : 0));
    }

    /// <summary>No batch has more images than the set, nor more bytes than an array.</summary>
    private int MostImages => (int)Math.Max(1, Math.Min(Math.Min(Most, train.Count), Array.MaxLength / (2 * 3L * Math.Max(TrainSide, ValSide) * Math.Max(TrainSide, ValSide))));

    /// <summary>The longest side of a training batch: with multi_scale, of the largest.</summary>
    private int TrainSide => MultiScale.LargestSide(options.ImageSize, options.MultiScale);

    private int ValSide => work.ValidationSide(options.ImageSize);

    private MemoryPlanner Planner(Recipe recipe)
    {
        if (!planners.TryGetValue(recipe.Optimizer, out var planner))
            planners.Add(recipe.Optimizer, planner = new MemoryPlanner(work, spec, classes, recipe, precision));
        return planner;
    }

    private static long Max(params ReadOnlySpan<long> values)
    {
        long most = 0;
        foreach (long v in values) most = Math.Max(most, v);
        return most;
    }

    public void Dispose()
    {
        foreach (var planner in planners.Values) planner.Dispose();
    }
}
