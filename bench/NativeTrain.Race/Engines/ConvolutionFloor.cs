using NativeTrain.Core;
using NativeTrain.Cpu;
using NativeTrain.Training;
using NativeTrain.Vision.Models;

namespace NativeTrain.Race;

/// <summary>
/// The bare convolutions of a step, one after the other: every pass of every convolution by oneDNN, each on tensors of its own and in the layout that is
/// faster there, without conversions, biases or anything between them. What a step takes beyond this is ours to answer for.
/// </summary>
internal sealed class ConvolutionFloor : IEngine, IDisposable
{
    private readonly List<(ILibraryConvolution Convolution, int Count)> convolutions = [];

    public ConvolutionFloor(RaceSettings settings)
    {
        using var recorder = new CallRecorder();
        var type = settings.BFloat16 ? DType.BF16 : DType.F32;
        using (var step = new BenchStep(recorder, YoloSpec.Resolve(settings.Model), settings.Classes, settings.ImageSize, settings.Batch, type))
        {
            recorder.Forget(); // what made the model
            step.Run();
        }
        var library = (ILibraryConvolutions)new CpuBackend(settings.Threads);
        foreach (var (call, count) in recorder.Calls)
            if (call.ConvolutionPass is { } pass)
                convolutions.Add((Fastest(library, call.Convolution!.Value, pass, call.Type), count));
    }

    public string Name => $"oneDNN's convolutions, {convolutions.Sum(c => c.Count)} of them";

    public float Step(bool withLoss)
    {
        foreach (var (convolution, count) in convolutions)
            for (int i = 0; i < count; i++)
                convolution.Run();
        return 0;
    }

    /// <summary>NHWC or the library's own layout, by the best of a few runs.</summary>
    private static ILibraryConvolution Fastest(ILibraryConvolutions library, Conv2dShape shape, int pass, DType type)
    {
        ILibraryConvolution? best = null;
        double least = double.MaxValue;
        foreach (bool any in (bool[])[false, true])
        {
            var candidate = library.OpenLibrary(shape, pass, type, any);
            if (candidate is null) continue;
            double seconds = Enumerable.Range(0, 4).Min(_ => Clock.Seconds(candidate.Run));
            if (seconds >= least)
            {
                candidate.Dispose();
                continue;
            }
            best?.Dispose();
            (best, least) = (candidate, seconds);
        }
        return best ?? throw new InputException($"{library.LibraryName} does not compute {type} convolutions here");
    }

    public void Dispose()
    {
        foreach (var (convolution, _) in convolutions) convolution.Dispose();
    }
}
