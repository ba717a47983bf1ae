using NativeTrain.Core;

namespace NativeTrain.Nn;

/// <summary>Parameters that share a learning rate, a momentum and a weight decay.</summary>
public sealed class ParameterGroup
{
    public ParameterGroup(string name, ParameterKind kind, IReadOnlyList<Parameter> parameters, float learningRate, float momentum, float weightDecay)
    {
        ArgumentNullException.ThrowIfNull(parameters);
        Name = name;
        Kind = kind;
        Parameters = parameters;
        InitialLearningRate = LearningRate = learningRate;
        Momentum = momentum;
        WeightDecay = weightDecay;
    }

    public string Name { get; }
    public ParameterKind Kind { get; }
    public IReadOnlyList<Parameter> Parameters { get; }

    /// <summary>The rate that a schedule's factor multiplies (the recipe's lr0).</summary>
    public float InitialLearningRate { get; }

    /// <summary>The rate of the next step.</summary>
    public float LearningRate { get; set; }

    /// <summary>SGD's and RMSProp's momentum; beta1 of the Adam family.</summary>
    public float Momentum { get; set; }

    public float WeightDecay { get; set; }
}

public static class ParameterGroups
{
    /// <summary>
    /// The recipe's three groups: weights (they decay), norm scales and biases (they do not; pulling them to zero
    /// would change what the layer computes rather than keep it small). Biases also warm up from a rate of their own.
    /// </summary>
    public static IReadOnlyList<ParameterGroup> Split(IEnumerable<Parameter> parameters, float learningRate, float momentum, float weightDecay)
    {
        var byKind = parameters.ToLookup(p => p.Kind);
        return
        [
            new("weights", ParameterKind.Weight, [.. byKind[ParameterKind.Weight]], learningRate, momentum, weightDecay),
            new("norms", ParameterKind.Norm, [.. byKind[ParameterKind.Norm]], learningRate, momentum, 0),
            new("biases", ParameterKind.Bias, [.. byKind[ParameterKind.Bias]], learningRate, momentum, 0),
        ];
    }
}
