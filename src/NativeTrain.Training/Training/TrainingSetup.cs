using NativeTrain.Core;
using NativeTrain.Nn;
using NativeTrain.Vision.Data;
using NativeTrain.Vision.Models;

namespace NativeTrain.Training;

/// <summary>What a training works with, made from its options or from the file of the training that goes on: data, model, optimizer, step.</summary>
internal sealed class TrainingSetup : IDisposable
{
    /// <summary>The batches of the first epoch, until they are asked for: the loader's threads begin with them while the model is made.</summary>
    private IEnumerable<ImageBatch>? firstEpoch;

    /// <param name="backend">Where to compute.</param>
    /// <param name="options">Of <see cref="Verb.Train"/>, complete.</param>
    /// <param name="resumed">The training that goes on, or null.</param>
    /// <param name="progress">Told what the data set holds and how the model begins.</param>
    /// <param name="ranks">The processes that train together; null: this one alone.</param>
    /// <exception cref="InputException">An option, the data set or the weights file is at fault.</exception>
    public TrainingSetup(IBackend backend, TrainOptions options, ResumedTraining? resumed, ITrainingProgress progress, DataParallel? ranks = null)
    {
        ranks ??= DataParallel.Alone;
        try
        {
            Work = TaskWork.For(resumed?.Task ?? ModelSource.TaskOf(options), options);
            Data = Work.OpenData(progress);
            TrainSet = Data.Open("train");
            ValSet = Data.Open("val", backend);
            Files = new DataSetFiles(options.Data, TrainSet, ValSet);
            if (resumed is not null) Files.Check(resumed);
            RankAgreement.Check(ranks, options, Files);
            Precision = Precision.Of(options, backend);
            Options = options = AutoBatch.Resolve(options, Work, Data.Names.Count, TrainSet, ValSet, Precision.Type, backend, progress, ranks);
            TrainLoader = Data.TrainLoader(TrainSet, options.Batch, backend, ranks.Shard);
            Recipe = new Recipe(options, TrainSet.Count, Data.Names.Count, TrainLoader.BatchesPerEpoch, resumed?.PlannedEpochs);
            if (resumed is null) firstEpoch = TrainLoader.Epoch(0, Recipe.MosaicIn(0));
            Model = resumed?.OpenModel(backend) ?? ModelSource.ForTraining(backend, options, Data.Names.Count, progress);
            ModelSource.Prepare(Model, options, progress);
            ValLoader = Data.ValLoader(ValSet, 2 * options.Batch, rect: true, backend, ranks.Shard);
            Optimizer = Recipe.CreateOptimizer(backend, Model.Parameters);
            Ema = new Ema(backend, Model.NamedTensors());
            Step = new TrainingStep(backend, Model, Optimizer, Ema, Recipe, Work, TrainLoader.BatchesPerEpoch, progress, Precision.Type, Precision.CreateScaler(), options.Graphs, ranks);
        }
        catch
        {
            Dispose();
            throw;
        }
    }

    /// <summary>The options, with a number for batch=.</summary>
    public TrainOptions Options { get; }

    public TaskWork Work { get; }
    public TaskData Data { get; }
    public IImageSet TrainSet { get; }
    public IImageSet ValSet { get; }
    public DataSetFiles Files { get; }
    public ITrainLoader TrainLoader { get; }
    public IValLoader ValLoader { get; }
    public Precision Precision { get; }
    public YoloModel Model { get; }
    public Recipe Recipe { get; }
    public Optimizer Optimizer { get; }
    public Ema Ema { get; }
    public TrainingStep Step { get; }

    /// <summary>The batches of an epoch, to be walked through once. Asking the loader itself would end an epoch that it has begun.</summary>
    /// <param name="epoch">From 0.</param>
    /// <param name="first">The batch to begin with.</param>
    public IEnumerable<ImageBatch> Batches(int epoch, int first = 0)
    {
        var batches = (epoch, first) == (0, 0) ? firstEpoch : null;
        firstEpoch = null;
        return batches ?? TrainLoader.Epoch(epoch, Recipe.MosaicIn(epoch), first);
    }

    /// <summary>Of what is there: the constructor may have come to a part of it.</summary>
    public void Dispose()
    {
        Step?.Dispose();
        Ema?.Dispose();
        Optimizer?.Dispose();
        Model?.Dispose();
        TrainLoader?.Dispose(); // its threads read the sets' pixels
        ValLoader?.Dispose();
        TrainSet?.Dispose();
        ValSet?.Dispose();
    }
}
