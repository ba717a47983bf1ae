namespace NativeTrain.Cuda;

/// <summary>Numbers of blocks of a grid, or of threads of a block, along x, y and z.</summary>
public readonly record struct Dim3(long X, long Y = 1, long Z = 1)
{
    public static implicit operator Dim3(int x) => new(x);
    public static implicit operator Dim3(long x) => new(x);
    public static implicit operator Dim3((long X, long Y) xy) => new(xy.X, xy.Y);
    public static implicit operator Dim3((long X, long Y, long Z) xyz) => new(xyz.X, xyz.Y, xyz.Z);
    public override string ToString() => $"{X}×{Y}×{Z}";
}
