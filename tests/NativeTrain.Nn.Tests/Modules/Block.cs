using NativeTrain.Core;
using NativeTrain.Nn.Modules;

namespace NativeTrain.Nn.Tests.Modules;

/// <summary>A module under test, and the same computation by plain ops.</summary>
/// <param name="Name">What is special about it.</param>
/// <param name="Channels">Channels of its input.</param>
/// <param name="Make">Makes the module.</param>
/// <param name="Forward">Runs it; returns the outputs to differentiate.</param>
/// <param name="Compose">The same outputs by plain ops.</param>
public sealed record Block(
    string Name, int Channels, Func<IBackend, Module> Make, Func<Module, Tape, Tensor, Tensor[]> Forward, Func<Plain, Tensor, Tensor[]> Compose)
{
    /// <summary>A block of a module that maps a tensor to a tensor.</summary>
    public static Block Of<T>(string name, int channels, Func<IBackend, T> make, Func<T, Tape, Tensor, Tensor> forward, Func<Plain, Tensor, Tensor> compose)
        where T : Module =>
        Of(name, channels, make, (T m, Tape tape, Tensor x) => [forward(m, tape, x)], (p, x) => [compose(p, x)]);

    /// <summary>A block with several outputs.</summary>
    public static Block Of<T>(string name, int channels, Func<IBackend, T> make, Func<T, Tape, Tensor, Tensor[]> forward, Func<Plain, Tensor, Tensor[]> compose)
        where T : Module =>
        new(name, channels, make, (m, tape, x) => forward((T)m, tape, x), compose);
}
