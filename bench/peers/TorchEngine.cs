using NativeTrain.Nn;
using NativeTrain.Race;
using NativeTrain.Vision.Models;
using TorchSharp;
using static TorchSharp.torch;

namespace NativeTrain.Peers;

/// <summary>A training step by libtorch: bytes to 0…1, forward, loss, backward, clip, AdamW, average.</summary>
internal sealed class TorchEngine : IEngine
{
    private readonly TorchModel model;
    private readonly TorchLoss loss;
    private readonly TorchUpdate update;
    private readonly ScalarType type;
    private readonly Tensor pixels;

    /// <param name="settings">What is raced.</param>
    /// <param name="weights">Weights file.</param>
    /// <param name="batch">File of "pixels" [N,H,W,3] and "targets" [T,6].</param>
    public TorchEngine(RaceSettings settings, string weights, string batch)
    {
        set_num_threads(settings.Threads);
        type = settings.BFloat16 ? ScalarType.BFloat16 : ScalarType.Float32;
        var tensors = new TorchWeights(TensorFile.Read(weights));
        model = new TorchModel(YoloSpec.Resolve(settings.Model), tensors, type);
        update = new TorchUpdate(tensors, settings.LearningRate);
        var file = TensorFile.Read(batch);
        var entry = file["pixels"];
        long[] shape = [.. Enumerable.Range(0, 4).Select(d => (long)entry.Shape[d])];
        pixels = tensor(entry.Bytes.ToArray(), shape, ScalarType.Byte).permute(0, 3, 1, 2); // channels_last
        loss = new TorchLoss(file["targets"].ToFloats(), (int)shape[0], (int)shape[1]);
    }

    public string Name => $"libtorch {__version__}, {get_num_threads()} threads, channels_last";

    public float Step(bool withLoss)
    {
        Tensor total;
        using (var scope = NewDisposeScope())
        {
            var (box, cls) = model.Forward(pixels.to(ScalarType.Float32).div_(255).to(type));
            total = (withLoss ? loss.Of(box, cls) : box.Concat(cls).Select(t => t.square().mean()).Aggregate((a, b) => a + b)).MoveToOuterDisposeScope();
        }
        using (total)
        {
            total.backward();
            update.Run();
            return total.item<float>();
        }
    }
}
