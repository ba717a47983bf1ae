using System.Runtime.InteropServices;
using NativeTrain.Core;

namespace NativeTrain.Training;

/// <summary>How long a kernel call takes.</summary>
/// <param name="Seconds">Of one call: the median of the samples.</param>
/// <param name="Spread">Half the distance between the samples' quartiles, as a part of the median.</param>
/// <param name="Implementation">Which of several kernels ran, where there are several.</param>
/// <param name="Computed">What it computes.</param>
public sealed record KernelSample(KernelCall Call, double Seconds, double Spread, string Implementation, Arithmetic Computed)
{
    /// <summary>The same convolution by a library alone (<see cref="ILibraryConvolutions"/>): the faster of NHWC and the library's own layout; null where there is none.</summary>
    public LibrarySample? Library { get; init; }
}

/// <summary>How long a library's convolution takes alone.</summary>
/// <param name="Seconds">The median.</param>
/// <param name="Name">The library, its implementation and the layout.</param>
public sealed record LibrarySample(double Seconds, string Name);

/// <summary>Times kernel calls one by one, each on tensors of noise of its own.</summary>
/// <param name="backend">Where they run.</param>
/// <param name="budget">Seconds to spend on a call; its samples end early where it is slow.</param>
public sealed class KernelBench(IBackend backend, double budget)
{
    private const int Samples = 15;

    public KernelSample Time(KernelCall call)
    {
        KernelSample? sample = null;
        With(call, operands => sample = Sample(call, operands, call.ImplementationOn(backend)));
        return sample! with { Library = Library(call) };
    }

    /// <summary>The same call by naive kernels, its op named with _v1; null: the backend has none that are not what always runs.</summary>
    public KernelSample? TimeNaive(KernelCall call)
    {
        if (backend is not INaiveTwins twins) return null;
        KernelSample? sample = null;
        With(call, operands =>
        {
            var names = twins.NaiveTwins(() => call.Run(backend, operands));
            if (names.Count > 0) twins.Naively(() => sample = Sample(call with { Op = $"{call.Op}_v1" }, operands, string.Join(" + ", names)));
        });
        return sample;
    }

    private KernelSample Sample(KernelCall call, Tensor[] operands, string implementation)
    {
        var (median, spread) = Median(() => call.Run(backend, operands));
        return new KernelSample(call, median, spread, implementation, call.ArithmeticOn(backend));
    }

    /// <summary>The library's convolution in both layouts; the faster one.</summary>
    private LibrarySample? Library(KernelCall call)
    {
        if (call.ConvolutionPass is not { } pass || backend is not ILibraryConvolutions library) return null;
        LibrarySample? best = null;
        foreach (bool any in (bool[])[false, true])
        {
            using var convolution = library.OpenLibrary(call.Convolution!.Value, pass, call.Type, any);
            if (convolution is null) continue;
            double seconds = Median(convolution.Run).Seconds;
            if (best is null || seconds < best.Seconds) best = new LibrarySample(seconds, $"{library.LibraryName} {convolution.Name}{(any ? ", own layout" : "")}");
        }
        return best;
    }

    private (double Seconds, double Spread) Median(Action run)
    {
        double once = Measure(run, 1); // the first call builds what is kept for the next
        once = Math.Min(once, Measure(run, 1));
        // A sample long enough for the clock.
        int repeats = (int)Math.Clamp(2e-3 / once, 1, 1000), samples = (int)Math.Clamp(budget / (once * repeats), 3, Samples);
        double[] seconds = [.. Enumerable.Range(0, samples).Select(_ => Measure(run, repeats)).Order()];
        double median = seconds[samples / 2];
        return (median, (seconds[samples * 3 / 4] - seconds[samples / 4]) / 2 / median);
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

    private double Measure(Action run, int repeats) => DeviceClock.Seconds(backend, () =>
    {
        for (int i = 0; i < repeats; i++) run();
    }) / repeats;

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
