using System.Runtime.InteropServices;
using NativeTrain.Core;
using NativeTrain.Cuda.Bindings;
using static NativeTrain.Cuda.Bindings.Driver;

namespace NativeTrain.Cuda;

/// <summary>kernels/pieces.cuh.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly record struct Piece(nint Value, nint Grad, nint State1, nint State2, long Count);

/// <summary>Many tensors cut into pieces, as a table in device memory.</summary>
internal sealed class PieceTable : IDisposable
{
    /// <summary>Numbers of a piece, at most.</summary>
    private const long Size = 4096;

    private readonly nint[] tensors;
    private nint memory;

    // In the stream's order: cuMemcpyHtoD goes to the default stream, for which a stream of one's own does not wait, and may
    // return before the device has the bytes.
    private PieceTable(nint[] tensors, List<Piece> pieces, StagingRing staging, CuStreamHandle stream)
    {
        this.tensors = tensors;
        Count = pieces.Count;
        var table = MemoryMarshal.AsBytes(CollectionsMarshal.AsSpan(pieces));
        Check(cuMemAlloc_v2(out memory, (nuint)table.Length));
        staging.Upload(table, memory, stream);
    }

    /// <summary>How many pieces there are: blocks of a launch.</summary>
    public int Count { get; }

    /// <summary>The table's address in device memory.</summary>
    public nint Pointer => memory;

    /// <summary>What identifies the tensors of a call: four addresses and a length for each. Lists may be empty.</summary>
    public static nint[] Key(IReadOnlyList<Tensor> values, IReadOnlyList<Tensor> grads, IReadOnlyList<Tensor> state1, IReadOnlyList<Tensor> state2)
    {
        var lengths = values.Count > 0 ? values : grads;
        nint[] key = new nint[lengths.Count * 5];
        for (int i = 0; i < lengths.Count; i++)
        {
            key[5 * i] = At(values, i);
            key[5 * i + 1] = At(grads, i);
            key[5 * i + 2] = At(state1, i);
            key[5 * i + 3] = At(state2, i);
            key[5 * i + 4] = (nint)lengths[i].Count;
        }
        return key;
    }

    /// <summary>Cuts the tensors, for launches to a stream; there is at least one number among them.</summary>
    public static PieceTable Create(nint[] key, StagingRing staging, CuStreamHandle stream)
    {
        var pieces = new List<Piece>();
        for (int i = 0; i < key.Length; i += 5)
            for (long begin = 0; begin < key[i + 4]; begin += Size)
                pieces.Add(new Piece(Part(key[i], begin), Part(key[i + 1], begin), Part(key[i + 2], begin), Part(key[i + 3], begin), Math.Min(Size, key[i + 4] - begin)));
        return new PieceTable(key, pieces, staging, stream);
    }

    public bool IsOf(nint[] key) => tensors.AsSpan().SequenceEqual(key);

    public void Dispose()
    {
        if (memory == 0) return;
        Check(cuMemFree_v2(memory));
        memory = 0;
    }

    private static nint At(IReadOnlyList<Tensor> tensors, int i) => i < tensors.Count ? tensors[i].Pointer : 0;
    private static nint Part(nint tensor, long begin) => tensor == 0 ? 0 : tensor + (nint)(begin * sizeof(float));
}
