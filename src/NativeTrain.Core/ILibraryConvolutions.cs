namespace NativeTrain.Core;

/// <summary>A backend that has a library of others at hand (oneDNN, cuDNN), whose convolutions ours are to be compared with.</summary>
public interface ILibraryConvolutions
{
    /// <summary>"oneDNN", "cuDNN".</summary>
    string LibraryName { get; }

    /// <summary>
    /// The library's convolution alone: no choice of ours, no conversion of weights, no bias, on tensors of noise of its own.
    /// </summary>
    /// <param name="shape">What it computes.</param>
    /// <param name="pass">0 forward, 1 backward data, 2 backward weight.</param>
    /// <param name="type">Element type of maps and weights.</param>
    /// <param name="anyLayout">Maps as the library likes them best; else NHWC.</param>
    /// <returns>Null where the library does not compute this.</returns>
    ILibraryConvolution? OpenLibrary(in Conv2dShape shape, int pass, DType type, bool anyLayout);
}

/// <summary>A convolution of a library's.</summary>
public interface ILibraryConvolution : IDisposable
{
    /// <summary>Which of its implementations it is.</summary>
    string Name { get; }

    /// <summary>Computes it once; on a device, asks for it.</summary>
    void Run();
}
