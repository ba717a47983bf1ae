using NativeTrain.Core;

namespace NativeTrain.Nn;

/// <summary>
/// An exponential moving average of a model's tensors (parameters and running statistics), which validates better
/// than the weights of any one step: average = d·average + (1−d)·value with
/// d(updates) = decay·(1 − e^(−updates/tau)), so that the first steps are forgotten fast.
/// </summary>
public sealed class Ema : IDisposable
{
    private readonly IBackend backend;
    private readonly List<Tensor> values = [];
    private readonly List<Tensor> averages = [];
    private readonly Tensor scratch;
    private readonly double decay;
    private readonly double tau;

    /// <summary>Starts from the model's present values. The tensors must be dense and F32.</summary>
    public Ema(IBackend backend, IEnumerable<(string Name, Tensor Tensor)> modelTensors, double decay = 0.9999, double tau = 2000)
    {
        ArgumentNullException.ThrowIfNull(backend);
        ArgumentNullException.ThrowIfNull(modelTensors);
        this.backend = backend;
        this.decay = decay;
        this.tau = tau;
        var named = new List<(string, Tensor)>();
        foreach (var (name, value) in modelTensors)
        {
            var average = Tensor.Create(backend, value.Shape);
            backend.Copy(Flat(value), Flat(average), accumulate: false);
            values.Add(value);
            averages.Add(average);
            named.Add((name, average));
        }
        Averages = named;
        scratch = Tensor.Create(backend, new Shape(1, (int)values.Select(v => v.Count).DefaultIfEmpty(0).Max()));
    }

    /// <summary>The averages under the model's names, in its order and memory layout.</summary>
    public IReadOnlyList<(string Name, Tensor Tensor)> Averages { get; }

    /// <summary>Updates made so far.</summary>
    public long Updates { get; set; }

    /// <summary>Whether the model holds the averages now.</summary>
    public bool SwappedIn { get; private set; }

    /// <summary>Weight of the old average in the given update, counted from 1.</summary>
    public double Decay(long updates) => decay * (1 - Math.Exp(-updates / tau));

    /// <summary>Lets the averages follow the model by one step.</summary>
    public void Update()
    {
        if (SwappedIn) throw new InvalidOperationException("the model holds the averages: swap them out first");
        Updates++;
        backend.EmaUpdate(averages, values, (float)Decay(Updates));
    }

    /// <summary>Puts the averages into the model, to validate or save it; the model's own values wait here.</summary>
    public void SwapIn() => Swap(true);

    /// <summary>Puts the model's own values back.</summary>
    public void SwapOut() => Swap(false);

    /// <summary>What an exact resume needs: the averages as "ema.&lt;name&gt;", and "ema.updates".</summary>
    public IEnumerable<SafetensorsEntry> Save()
    {
        if (SwappedIn) throw new InvalidOperationException("the model holds the averages: swap them out first");
        return Averages.Select(a => SafetensorsEntry.FromTensor($"ema.{a.Name}", backend, a.Tensor))
            .Append(SafetensorsEntry.FromLongs("ema.updates", new Shape(), [Updates]));
    }

    /// <summary>Takes up what <see cref="Save"/> wrote.</summary>
    /// <exception cref="InputException">The file lacks a tensor, or holds it in another shape.</exception>
    public void Load(SafetensorsFile file)
    {
        ArgumentNullException.ThrowIfNull(file);
        foreach (var (name, average) in Averages) file.CopyTo($"ema.{name}", backend, average);
        Updates = file.Int64("ema.updates");
    }

    public void Dispose()
    {
        foreach (var a in averages) a.Dispose();
        scratch.Dispose();
    }

    private void Swap(bool swapIn)
    {
        if (SwappedIn == swapIn) throw new InvalidOperationException($"the averages are already swapped {(swapIn ? "in" : "out")}");
        for (int i = 0; i < values.Count; i++)
        {
            var value = Flat(values[i]);
            var average = Flat(averages[i]);
            var hold = scratch.Slice(0, value.C);
            backend.Copy(value, hold, accumulate: false);
            backend.Copy(average, value, accumulate: false);
            backend.Copy(hold, average, accumulate: false);
        }
        SwappedIn = swapIn;
    }

    /// <summary>All elements as one row, so that one buffer can hold any tensor.</summary>
    private static Tensor Flat(Tensor t) => t.Reshape(new Shape(1, (int)t.Count));
}
