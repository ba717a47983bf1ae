using NativeTrain.Core;
using NativeTrain.Cuda.Bindings;
using static NativeTrain.Cuda.Bindings.Cudnn;

namespace NativeTrain.Cuda.Convolutions;

/// <summary>Who computes a pass: cuDNN by this algorithm, or (null) NativeTrain's own kernels.</summary>
internal readonly record struct ConvChoice(CudnnAlgorithm? Algorithm);

/// <summary>cuDNN for a device's compute stream: its convolutions by shape, and for each the fastest way, by measurement.</summary>
/// <remarks>
/// Only algorithms that give the same bits each time are considered. Which one is fastest is measured once and kept on disk,
/// so that a run repeated on the same machine chooses alike.
/// </remarks>
internal sealed class CudnnConvolutions : IDisposable
{
    private const long WorkspaceLimit = 256L << 20;

    private readonly CudnnHandle handle;
    private readonly bool compareNative;
    private readonly StreamTimer timer;
    private readonly ConvMeasurements measurements;
    private readonly Dictionary<(Conv2dShape Shape, DType Type), CudnnConvolution> convolutions = [];

    /// <param name="stream">Where they are computed.</param>
    /// <param name="compareNative">Whether NativeTrain's own kernels are measured too, and chosen where they are faster.</param>
    /// <param name="fileOf">Names the file of measurements made with this version of cuDNN.</param>
    /// <exception cref="DeviceException">cuDNN does not start.</exception>
    /// <exception cref="OutOfDeviceMemoryException">There is no memory for it.</exception>
    public CudnnConvolutions(CuStreamHandle stream, bool compareNative, Func<nuint, string> fileOf)
    {
        this.compareNative = compareNative;
        Check(cudnnCreate(out handle));
        try
        {
            Check(cudnnSetStream(handle, stream));
            timer = new StreamTimer(stream);
            measurements = new ConvMeasurements(fileOf(cudnnGetVersion()));
        }
        catch
        {
            timer?.Dispose();
            handle.Dispose();
            throw;
        }
    }

    /// <summary>The descriptors of a shape and type.</summary>
    public CudnnConvolution Of(in ConvKey key)
    {
        if (!convolutions.TryGetValue((key.Shape, key.Type), out var convolution))
            convolutions[(key.Shape, key.Type)] = convolution = new CudnnConvolution(handle, key.Shape, key.Type);
        return convolution;
    }

    /// <summary>What was chosen; null: it is to be measured.</summary>
    public ConvChoice? Choice(in ConvKey key) =>
        measurements[key] is { } m && (m.NativeMilliseconds is not null || !compareNative) ? ChoiceOf(m) : null;

    /// <summary>Measures cuDNN's algorithms, and the native kernels where they compete, and chooses.</summary>
    /// <param name="key">What is computed.</param>
    /// <param name="cudnn">Computes it by an algorithm.</param>
    /// <param name="native">Computes it by the own kernels.</param>
    public ConvChoice Measure(in ConvKey key, Action<CudnnAlgorithm> cudnn, Action native)
    {
        bool hadRoom = true;
        var measurement = measurements[key] ?? Fastest(Of(key).Algorithms(key.Pass, WorkspaceLimit), cudnn, out hadRoom);
        if (compareNative) measurement = measurement with { NativeMilliseconds = timer.Milliseconds(native) };
        // Another day there may be memory for what is faster.
        if (hadRoom) measurements.Add(key, measurement);
        else measurements.Remember(key, measurement);
        return ChoiceOf(measurement);
    }

    /// <summary>The fastest of cuDNN's algorithms, whoever is chosen; null: it has none.</summary>
    public CudnnAlgorithm? FastestOf(in ConvKey key, Action<CudnnAlgorithm> run) =>
        (measurements[key] ?? Fastest(Of(key).Algorithms(key.Pass, WorkspaceLimit), run, out _)).Algorithm;

    public void Dispose()
    {
        foreach (var convolution in convolutions.Values) convolution.Dispose();
        timer.Dispose();
        handle.Dispose();
    }

    private ConvChoice ChoiceOf(ConvMeasurement m) =>
        new(compareNative && m.NativeMilliseconds <= m.CudnnMilliseconds ? null : m.Algorithm);

    private ConvMeasurement Fastest(IReadOnlyList<CudnnAlgorithm> algorithms, Action<CudnnAlgorithm> run, out bool hadRoom)
    {
        hadRoom = true;
        var best = new ConvMeasurement(null, double.PositiveInfinity, null);
        foreach (var algorithm in algorithms)
        {
            try
            {
                double milliseconds = timer.Milliseconds(() => run(algorithm));
                if (milliseconds < best.CudnnMilliseconds) best = new ConvMeasurement(algorithm, milliseconds, null);
            }
            catch (Exception e) when (e is DeviceException or OutOfDeviceMemoryException)
            {
                // Said to be possible, but is not, or not in the memory that is left: the next one.
                hadRoom &= e is not OutOfDeviceMemoryException;
            }
        }
        return best;
    }
}
