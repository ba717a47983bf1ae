using NativeTrain.Core;
using NativeTrain.Nn.Modules;

namespace NativeTrain.Vision.Models;

/// <summary>A model's last layer.</summary>
public abstract class Head(IBackend backend) : Module(backend)
{
    /// <summary>Image pixels per cell of each level it reads.</summary>
    public abstract IReadOnlyList<int> Strides { get; }

    /// <summary>Numbers that are fixed, not learned, but counted as parameters in the field.</summary>
    public virtual int FixedParameters => 0;

    /// <param name="tape">Recording and training, or neither.</param>
    /// <param name="levels">Maps [N,h,w,C] of the layers it reads.</param>
    public abstract HeadOutput Forward(Tape tape, IReadOnlyList<Tensor> levels);
}
