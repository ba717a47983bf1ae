using NativeTrain.Core;
using NativeTrain.Core.Ops;

namespace NativeTrain.Nn.Modules;

/// <summary>Convolution without bias, batch norm, SiLU (or none where act is false).</summary>
public sealed class Conv : Module
{
    private readonly Conv2dLayer conv;
    private readonly BatchNormLayer bn;
    private readonly bool act;

    public Conv(IBackend backend, int c1, int c2, int k = 1, int stride = 1, int groups = 1, bool act = true) : base(backend)
    {
        this.act = act;
        conv = Child("conv", new Conv2dLayer(backend, c1, c2, k, stride, groups, bias: false));
        bn = Child("bn", new BatchNormLayer(backend, c2));
    }

    /// <param name="into">Where to write: a range of channels of a wider map; null makes a new map.</param>
    /// <param name="residual">Added after the activation.</param>
    /// <param name="copyFrom">≥ 0: also return a dense copy of the output's channels from there on.</param>
    public (Tensor Y, Tensor? Copy) Forward(Tape tape, Tensor x, Tensor? into, Tensor? residual = null, int copyFrom = -1) =>
        BatchNormAct.Forward(tape, conv.Forward(tape, x), bn.State, new BatchNormActOptions(act, into, residual, copyFrom));

    public Tensor Forward(Tape tape, Tensor x) => Forward(tape, x, into: null).Y;
}
