using NativeTrain.Cuda.Bindings;
using static NativeTrain.Cuda.Bindings.Driver;

namespace NativeTrain.Cuda.Convolutions;

/// <summary>Measures how long a stream works, by events in it.</summary>
internal sealed class StreamTimer : IDisposable
{
    private const int Repetitions = 3;

    private readonly CuStreamHandle stream;
    private readonly CuEventHandle start, end;

    public StreamTimer(CuStreamHandle stream)
    {
        this.stream = stream;
        Check(cuEventCreate(out start, EventDefault));
        Check(cuEventCreate(out end, EventDefault));
    }

    /// <summary>The least of a few runs, after one that warms up.</summary>
    public double Milliseconds(Action run)
    {
        run();
        double least = double.PositiveInfinity;
        for (int i = 0; i < Repetitions; i++)
        {
            Check(cuEventRecord(start, stream));
            run();
            Check(cuEventRecord(end, stream));
            Check(cuEventSynchronize(end));
            Check(cuEventElapsedTime(out float milliseconds, start, end));
            least = Math.Min(least, milliseconds);
        }
        return least;
    }

    public void Dispose()
    {
        start.Dispose();
        end.Dispose();
    }
}
