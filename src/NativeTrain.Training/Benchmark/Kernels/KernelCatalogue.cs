using NativeTrain.Core;
using NativeTrain.Vision.Models;

namespace NativeTrain.Training;

/// <summary>The kernel calls of training steps, found by walking them on a backend that only writes down (<see cref="CallRecorder"/>).</summary>
public static class KernelCatalogue
{
    /// <param name="graphs">Graphs such as yolo11n.yaml.</param>
    /// <param name="sizes">Input sizes in pixels, multiples of 32.</param>
    /// <param name="batch">Images a step.</param>
    /// <param name="classes">Classes of the heads.</param>
    /// <param name="precision">Element type of the maps.</param>
    /// <returns>Every different call of any of the steps, in the order of its first appearance.</returns>
    public static IReadOnlyList<KernelCall> Of(IEnumerable<YoloSpec> graphs, IReadOnlyList<int> sizes, int batch, int classes, DType precision)
    {
        ArgumentNullException.ThrowIfNull(graphs);
        ArgumentNullException.ThrowIfNull(sizes);
        var calls = new Dictionary<string, KernelCall>();
        foreach (var graph in graphs)
        {
            foreach (int size in sizes)
            {
                using var recorder = new CallRecorder();
                using var step = new BenchStep(recorder, graph, classes, size, batch, precision);
                recorder.Forget(); // what made the model
                step.Run();
                foreach (var (call, _) in recorder.Calls) calls.TryAdd(call.Key, call);
            }
        }
        return [.. calls.Values];
    }
}
