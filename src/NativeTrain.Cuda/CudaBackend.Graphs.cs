using NativeTrain.Core;
using NativeTrain.Cuda.Bindings;
using static NativeTrain.Cuda.Bindings.Driver;

namespace NativeTrain.Cuda;

/// <summary>CUDA graphs: the launches of a piece of work, captured from the stream and launched again as a whole.</summary>
public sealed partial class CudaBackend
{
    /// <summary>CUDA 11.4, which brought cuGraphInstantiateWithFlags.</summary>
    private const int OldestDriverForGraphs = 11040;

    /// <summary>Whether launches go into a graph instead of to the device.</summary>
    private bool recording;

    /// <summary>Not with a block of the driver's own for every tensor: none can be had or freed within a graph. Nor while each launch is timed.</summary>
    public bool CanRecord => pages is not null && clock is null && device.DriverVersion >= OldestDriverForGraphs;

    public IReplay Record(Action work)
    {
        ArgumentNullException.ThrowIfNull(work);
        if (!CanRecord) throw new NotRecordableException("the device does not record here");
        device.MakeCurrent();
        var arena = (ArenaAllocator)allocator;
        var before = Addresses;
        long peak = arena.PeakBytes;
        arena.ResetPeak();
        nint graph = 0;
        try
        {
            pinned.WithoutFrees(() => graph = Capture(work));
            if (Addresses != before) throw new NotRecordableException("the work leaves tensors behind");
            Check(cuGraphInstantiateWithFlags(out var executable, graph, 0));
            return new CudaGraph(this, executable, before, arena.PeakBytes);
        }
        catch (Exception e) when (e is DeviceException or OutOfDeviceMemoryException)
        {
            throw new NotRecordableException(e.Message, e);
        }
        finally
        {
            if (graph != 0) Check(cuGraphDestroy(graph));
            arena.CountPeak(peak);
        }
    }

    /// <summary>The graph of the work, of which nothing comes to the device.</summary>
    private nint Capture(Action work)
    {
        Check(cuStreamBeginCapture_v2(compute, CaptureThreadLocal));
        recording = pages!.Frozen = true;
        try
        {
            work();
        }
        catch
        {
            _ = EndCapture(out nint part);
            if (part != 0) Check(cuGraphDestroy(part));
            throw;
        }
        Check(EndCapture(out nint graph), nameof(cuStreamEndCapture));
        return graph;
    }

    private int EndCapture(out nint graph)
    {
        recording = pages!.Frozen = false;
        return cuStreamEndCapture(compute, out graph);
    }

    /// <summary>Where a recorded piece of work finds its memory: the blocks that live, and the scratch memory.</summary>
    private (ArenaState Blocks, nint Workspace, long WorkspaceBytes) Addresses => (((ArenaAllocator)allocator).State, workspace, workspaceBytes);

    /// <param name="what">What is asked for.</param>
    /// <param name="passing">Whether it is there once the work was done as it is.</param>
    /// <exception cref="NotRecordableException">Launches go into a graph.</exception>
    private void RequireNotRecording(string what, bool passing = false)
    {
        if (recording) throw new NotRecordableException($"{what} cannot be part of a graph", passing);
    }

    private sealed class CudaGraph(CudaBackend backend, CuGraphExecHandle executable, (ArenaState, nint, long) addresses, long peak) : IReplay
    {
        public bool IsValid => backend.Addresses == addresses;

        public void Run()
        {
            backend.device.MakeCurrent();
            using var timed = backend.Timed("graph");
            Check(cuGraphLaunch(executable, backend.compute));
            LastLaunch = "a recorded step";
            backend.Launches++;
            ((ArenaAllocator)backend.allocator).CountPeak(peak);
        }

        public void Dispose()
        {
            if (executable.IsClosed) return;
            backend.device.MakeCurrent();
            _ = cuStreamSynchronize(backend.compute); // the device may be at it; a failure is told by the next call, and must not hide the first
            executable.Dispose();
        }
    }
}
