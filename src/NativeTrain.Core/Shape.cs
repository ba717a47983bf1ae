namespace NativeTrain.Core;

/// <summary>
/// Extents of a tensor, outermost first. Feature maps are [N, H, W, C] (NHWC), convolution weights
/// [O, H, W, I] (OHWI), vectors [C].
/// </summary>
public readonly struct Shape : IEquatable<Shape>
{
    private readonly int[]? dims;

    public Shape(params int[] dims)
    {
        ArgumentNullException.ThrowIfNull(dims);
        foreach (int d in dims)
            if (d < 0)
                throw new ArgumentOutOfRangeException(nameof(dims), $"a dimension is negative: [{string.Join(", ", dims)}]");
        this.dims = (int[])dims.Clone();
    }

    public ReadOnlySpan<int> Dims => dims;
    public int Rank => dims?.Length ?? 0;
    public int this[int axis] => dims![axis];

    /// <summary>Innermost extent: the channels of a feature map.</summary>
    public int C => Rank == 0 ? 1 : dims![^1];

    /// <summary>Product of every extent but the last: the pixels (N·H·W) of a feature map.</summary>
    public long Rows => C == 0 ? 0 : Count / C;

    public long Count
    {
        get
        {
            long n = 1;
            foreach (int d in Dims) n *= d;
            return n;
        }
    }

    /// <summary>The same shape with another last extent.</summary>
    public Shape WithC(int c)
    {
        int[] d = (int[])dims!.Clone();
        d[^1] = c;
        return new Shape(d);
    }

    public bool Equals(Shape other) => Dims.SequenceEqual(other.Dims);
    public override bool Equals(object? obj) => obj is Shape s && Equals(s);
    public override int GetHashCode()
    {
        var h = new HashCode();
        foreach (int d in Dims) h.Add(d);
        return h.ToHashCode();
    }
    public static bool operator ==(Shape a, Shape b) => a.Equals(b);
    public static bool operator !=(Shape a, Shape b) => !a.Equals(b);
    public override string ToString() => $"[{string.Join(", ", dims ?? [])}]";
}
