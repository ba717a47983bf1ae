namespace NativeTrain.Core;

/// <summary>See <see cref="Tape.Scope"/>.</summary>
public sealed class TapeScope : IDisposable
{
    private readonly Tape tape;
    private readonly HashSet<Tensor> stay;

    internal TapeScope(Tape tape, HashSet<Tensor> older)
    {
        this.tape = tape;
        stay = older;
    }

    /// <summary>Lets a tensor outlive the scope; returns it.</summary>
    public Tensor Keep(Tensor t)
    {
        ArgumentNullException.ThrowIfNull(t);
        stay.Add(t.Whole ?? t);
        return t;
    }

    public void Dispose() => tape.CloseScope(stay);
}

/// <summary>See <see cref="Tape.Pause"/>.</summary>
public readonly struct TapePause : IDisposable
{
    private readonly Tape tape;
    private readonly bool was;

    internal TapePause(Tape tape, bool was)
    {
        this.tape = tape;
        this.was = was;
    }

    public void Dispose() => tape.Resume(was);
}

/// <summary>See <see cref="Tape.Layer"/>.</summary>
public readonly struct TapeLayer : IDisposable
{
    private readonly Tape tape;
    private readonly string outer;

    internal TapeLayer(Tape tape, string outer)
    {
        this.tape = tape;
        this.outer = outer;
    }

    public void Dispose() => tape.LeaveLayer(outer);
}
