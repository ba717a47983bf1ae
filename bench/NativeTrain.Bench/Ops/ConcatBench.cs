using BenchmarkDotNet.Attributes;
using NativeTrain.Core;

namespace NativeTrain.Bench.Ops;

/// <summary>The joints of the neck: the map that comes down and the backbone's of the same stride.</summary>
public class ConcatBench : OpBench
{
    private Tensor a, b, y, da, db, dy;

    /// <summary>Joins channels A and B of square maps.</summary>
    public sealed record Joint(int Size, int A, int B)
    {
        public Shape Map(int channels) => new(Batch, Size, Size, channels);
        public override string ToString() => $"{Size}x{Size} {A}+{B}";
    }

    public static IEnumerable<Joint> Joints => [new(20, 256, 128), new(40, 128, 128)];

    [ParamsSource(nameof(Joints))]
    public Joint Case { get; set; }

    [GlobalSetup]
    public void Setup()
    {
        (a, b, y) = (Random(Case.Map(Case.A)), Random(Case.Map(Case.B)), Random(Case.Map(Case.A + Case.B)));
        (da, db, dy) = (Random(a.Shape), Random(b.Shape), Random(y.Shape));
    }

    [Benchmark]
    public void Forward()
    {
        Backend.Copy(a, y.Slice(0, a.C), accumulate: false);
        Backend.Copy(b, y.Slice(a.C, b.C), accumulate: false);
    }

    [Benchmark]
    public void Backward()
    {
        Backend.Copy(dy.Slice(0, a.C), da, accumulate: false);
        Backend.Copy(dy.Slice(a.C, b.C), db, accumulate: false);
    }

    public override OpCost Cost(string pass) => new(0, F32Bytes(2 * Case.Map(Case.A + Case.B).Count));
}
