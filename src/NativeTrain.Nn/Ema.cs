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
    private readonly double decay;
    private readonly double tau;

    /// <summary>What a swap holds a tensor in, one for each shape: made beforehand, so that swapping allocates nothing.</summary>
    private readonly Dictionary<Shape, Tensor> scratch = [];

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
            backend.Copy(value, average, accumulate: false);
            if (!scratch.ContainsKey(value.Shape)) scratch.Add(value.Shape, Tensor.Create(backend, value.Shape));
            values.Add(value);
            averages.Add(average);
            named.Add((name, average));
        }
        Averages = named;
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

    public void Dispose()
    {
        foreach (var a in averages) a.Dispose();
        foreach (var s in scratch.Values) s.Dispose();
    }

    private void Swap(bool swapIn)
    {
        if (SwappedIn == swapIn) throw new InvalidOperationException($"the averages are already swapped {(swapIn ? "in" : "out")}");
        foreach (var (value, average) in values.Zip(averages))
        {
            var hold = scratch[value.Shape];
            backend.Copy(value, hold, accumulate: false);
            backend.Copy(average, value, accumulate: false);
            backend.Copy(hold, average, accumulate: false);
        }
        SwappedIn = swapIn;
    }
}
