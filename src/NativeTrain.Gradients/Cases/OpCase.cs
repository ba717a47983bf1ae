using NativeTrain.Core;
using NativeTrain.Core.Ops;

namespace NativeTrain.Gradients;

/// <summary>One op or loss of Core/Ops at one set of shapes.</summary>
public sealed record OpCase : GradCase
{
    private static readonly HashSet<Type> Losses = [typeof(CrossEntropy), typeof(DetectionLoss), typeof(MaskLoss)];

    /// <summary>The ops that take maps of any type. All others say that they want F32.</summary>
    private static readonly HashSet<Type> OfMaps =
    [
        typeof(Add), typeof(Attention), typeof(BatchNormAct), typeof(Cast), typeof(Concat), typeof(Contiguous), typeof(Conv2d),
        typeof(ConvTranspose2d), typeof(GlobalAvgPool), typeof(MaxPool), typeof(Silu), typeof(Softmax), typeof(Upsample2x),
    ];

    /// <param name="op">Its class.</param>
    /// <param name="name">What is special about this case.</param>
    /// <param name="inputs">What the op is differentiated by.</param>
    /// <param name="forward">Inputs to outputs, recorded on the feed's tape.</param>
    public OpCase(Type op, string name, IReadOnlyList<In> inputs, Func<Feed, IReadOnlyList<Tensor>> forward)
        : base(Losses.Contains(op) ? CaseKind.Loss : CaseKind.Op, op.Name, name, inputs, forward)
    {
        Op = op;
        AnyMap = OfMaps.Contains(op);
    }

    /// <summary>The op's class.</summary>
    public Type Op { get; }
}
