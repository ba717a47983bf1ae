using NativeTrain.Cli.CommandLine;
using NativeTrain.Training;

namespace NativeTrain.Cli.Verbs;

/// <summary>A verb that takes the options of train beside its own, and a task word as train does.</summary>
internal abstract class BesideTrainVerb : CliVerb
{
    public sealed override bool TakesTask => true;

    /// <summary>Its own options, and train's.</summary>
    protected (OptionValues Own, TrainOptions Training) Split(Arguments arguments) =>
        (new OptionValues(Options, arguments.Options.Where(o => Find(o.Key) is not null)), TrainOptions.Parse(Verb.Train, arguments.Options.Where(o => Find(o.Key) is null)));
}
