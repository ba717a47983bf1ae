using System.Runtime.InteropServices;
using NativeTrain.Core;

namespace NativeTrain.Training;

/// <summary>How long a kernel call takes.</summary>
/// <param name="Seconds">Of one call: the median of the samples.</param>
/// <param name="Spread">Half the distance between the samples' quartiles, as a part of the median.</param>
/// <param name="Implementation">Which of several kernels ran, where there are several.</param>
public sealed record KernelSample(KernelCall Call, double Seconds, double Spread, string Implementation);

/// <summary>Times kernel calls one by one, each on tensors of noise of its own.</summary>
/// <param name="backend">Where they run.</param>
/// <param name="budget">Seconds to spend on a call; its samples end early where it is slow.</param>
public sealed class KernelBench(IBackend backend, double budget)
{
    private const int Samples = 15;

    public KernelSample Time(KernelCall call)
    {
        KernelSample? sample = null;
        With(call, operands =>
        {
            double once = Measure(call, operands, 1); // the first call builds what is kept for the next
            once = Math.Min(once, Measure(call, operands, 1));
            // A sample long enough for the clock.
            int repeats = (int)Math.Clamp(2e-3 / once, 1, 1000), samples = (int)Math.Clamp(budget / (once * repeats), 3, Samples);
            double[] seconds = [.. Enumerable.Range(0, samples).Select(_ => Measure(call, operands, repeats)).Order()];
            double median = seconds[samples / 2];
            sample = new KernelSample(call, median, (seconds[samples * 3 / 4] - seconds[samples / 4]) / 2 / median, Implementation(call));
        });
        return sample!;
    }

    /// <summary>Makes a call once, after what its first time builds, and lets <paramref name="watch"/> run it.</summary>
    public void Once(KernelCall call, Action<Action> watch)
    {
        ArgumentNullException.ThrowIfNull(watch);
        With(call, operands =>
        {
            call.Run(backend, operands);
            watch(() => call.Run(backend, operands));
        });
    }

    /// <summary>Lends <paramref name="use"/> tensors of the call's forms.</summary>
    private void With(KernelCall call, Action<Tensor[]> use)
    {
        ArgumentNullException.ThrowIfNull(call);
        Tensor[] whole = [.. call.Operands.Select(Create)];
        try
        {
            Tensor[] operands = [.. whole.Zip(call.Operands, (t, form) => form.Ld == form.Shape.C ? t : t.Slice(form.Begin, form.Shape.C))];
            call.Prepare?.Invoke(backend, operands);
            use(operands);
        }
        finally
        {
            foreach (var t in whole) t.Dispose();
        }
    }

    private double Measure(KernelCall call, Tensor[] operands, int repeats) => DeviceClock.Seconds(backend, () =>
    {
        for (int i = 0; i < repeats; i++) call.Run(backend, operands);
    }) / repeats;

    private string Implementation(KernelCall call)
    {
        if (call.Convolution is not { } shape) return "";
        int pass = call.Pass switch { "forward" => 0, "backward_data" => 1, _ => 2 };
        return backend.Conv2dImplementation(shape, pass, call.Type);
    }

    /// <summary>Uniform noise in ±1; bytes of noise; zeros for whole numbers.</summary>
    private Tensor Create(TensorForm form)
    {
        var shape = form.Shape.WithC(form.Ld);
        var t = Tensor.Create(backend, shape, form.Type);
        var random = new Random(0);
        switch (form.Type)
        {
            case DType.F32:
                float[] values = [.. Enumerable.Range(0, checked((int)t.Count)).Select(_ => 2 * random.NextSingle() - 1)];
                backend.Upload(MemoryMarshal.AsBytes(values.AsSpan()), t);
                break;
            case DType.F16 or DType.BF16:
                using (var wide = Create(form with { Type = DType.F32 })) backend.Copy(wide, t, accumulate: false);
                break;
            case DType.U8:
                var bytes = new byte[t.Bytes];
                random.NextBytes(bytes);
                backend.Upload(bytes, t);
                break;
            default:
                backend.Zero(t);
                break;
        }
        return t;
    }
}
