using NativeTrain.Core;
using NativeTrain.Vision.Data;

namespace NativeTrain.Training;

/// <summary>
/// What a pass over a batch reads and writes beside the model. It is made before anything else of the pass, so that with the
/// same tensors alive it lies at the same addresses each time, as a replay demands.
/// </summary>
internal sealed class BatchOnDevice : IDisposable
{
    /// <summary>Sends a batch to the device.</summary>
    /// <param name="backend">The device.</param>
    /// <param name="batch">Its pictures are sent.</param>
    /// <param name="truth">What is true of them.</param>
    /// <param name="items">Terms of the loss.</param>
    /// <param name="seed">Where the walk back starts.</param>
    public BatchOnDevice(IBackend backend, ImageBatch batch, IReadOnlyList<HostTensor> truth, int items, float seed)
    {
        var made = new List<Tensor>();
        try
        {
            made.Add(Pixels = Tensor.Create(backend, new Shape(batch.N, batch.H, batch.W, 3), DType.U8));
            made.Add(Seed = Tensor.Create(backend, new Shape(1)));
            made.Add(Items = Tensor.Create(backend, new Shape(items)));
            foreach (var numbers in truth) made.Add(numbers.Upload(backend));
        }
        catch (OutOfDeviceMemoryException)
        {
            foreach (var tensor in made) tensor.Dispose();
            throw;
        }
        Truth = made[3..];
        backend.Upload(batch.Images, Pixels);
        backend.Fill(Seed, seed);
    }

    /// <summary>U8 [N, H, W, 3].</summary>
    public Tensor Pixels { get; }

    /// <summary>[1]: the factor of all gradients.</summary>
    public Tensor Seed { get; }

    /// <summary>[K]: receives the terms of the loss.</summary>
    public Tensor Items { get; }

    /// <summary>As the task's loss wants it.</summary>
    public IReadOnlyList<Tensor> Truth { get; }

    /// <summary>All that a pass's kernels depend on, in words: shapes, and where the tensors lie.</summary>
    public string Name => string.Join(", ", ((Tensor[])[Pixels, Seed, Items, .. Truth]).Select(t => $"{t.Shape} at {t.Pointer:x}"));

    public void Dispose()
    {
        foreach (var tensor in (Tensor[])[Pixels, Seed, Items, .. Truth]) tensor.Dispose();
    }
}
