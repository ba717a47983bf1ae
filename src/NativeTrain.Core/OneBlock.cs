namespace NativeTrain.Core;

/// <summary>What every backend asks of a tensor that it fills or copies as one block of memory.</summary>
public static class OneBlock
{
    /// <exception cref="ArgumentException">It is a slice: between its pixels lie its wider tensor's other channels.</exception>
    public static void Require(Tensor t)
    {
        ArgumentNullException.ThrowIfNull(t);
        if (!t.IsDense) throw new ArgumentException($"{t} is a slice; only a dense tensor is one block of memory");
    }

    /// <summary>The same for a copy between it and so many bytes of the host.</summary>
    /// <exception cref="ArgumentException">It is a slice, or of another size.</exception>
    public static void Require(Tensor t, int hostBytes)
    {
        Require(t);
        if (hostBytes != t.Bytes) throw new ArgumentException($"{hostBytes} bytes of the host, {t.Bytes} of {t}");
    }

    /// <summary>The same for copying tensors to others.</summary>
    /// <exception cref="ArgumentException">One is a slice, or differs from its copy in shape or type, or the lists in length.</exception>
    public static void RequireCopies(IReadOnlyList<Tensor> from, IReadOnlyList<Tensor> to)
    {
        ArgumentNullException.ThrowIfNull(from);
        ArgumentNullException.ThrowIfNull(to);
        if (from.Count != to.Count) throw new ArgumentException($"{from.Count} tensors cannot be copied to {to.Count}");
        for (int i = 0; i < from.Count; i++)
        {
            Require(from[i]);
            Require(to[i]);
            if (from[i].Shape != to[i].Shape || from[i].Type != to[i].Type) throw new ArgumentException($"{from[i]} and {to[i]} differ");
        }
    }

    /// <summary>The same for filling it with one number.</summary>
    /// <exception cref="ArgumentException">It is a slice, or not F32.</exception>
    public static void RequireF32(Tensor t)
    {
        Require(t);
        if (t.Type != DType.F32) throw new ArgumentException($"only F32 tensors can be filled, not {t}");
    }
}
