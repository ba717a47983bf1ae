using NativeTrain.Core;

namespace NativeTrain.Vision.Export;

/// <summary>What a range of channels holds: a value of the graph, named when it is first read.</summary>
internal sealed class TracedValue(Func<string> emit)
{
    private string? name;

    public TracedValue(string name) : this(() => name) { }

    public string Name => name ??= emit();

    /// <summary>Set where the value is a convolution's output, into which a batch norm can be folded.</summary>
    public TracedConvolution? Convolution { get; init; }
}

/// <summary>
/// Memory without contents that remembers, for every block, which value was written to which range of channels. So a
/// concat that is written piece by piece becomes a Concat when it is read, and a slice of a map a Slice of its value.
/// </summary>
internal sealed class TracedMemory(OnnxGraph graph) : IAllocator
{
    // An address is a block's number, from 1, and room below it for the block's bytes.
    private const int BlockBits = 38;

    private sealed record Piece(int Begin, int Count, TracedValue Value)
    {
        public int End => Begin + Count;
    }

    private readonly List<List<Piece>> blocks = [];

    public long LiveBytes => 0;
    public long PeakBytes => 0;
    public long HeldBytes => 0;

    public Storage Allocate(long bytes)
    {
        blocks.Add([]);
        return new Storage(this, (nint)((long)blocks.Count << BlockBits), bytes, bytes);
    }

    public void Free(Storage block) { }
    public void ResetPeak() { }
    public void Trim() { }

    /// <summary>Notes what a tensor's channels hold from now on.</summary>
    public void Write(Tensor t, TracedValue value)
    {
        var pieces = Pieces(t);
        int begin = (int)t.Offset;
        pieces.RemoveAll(p => p.Begin >= begin && p.End <= begin + t.C);
        pieces.Add(new Piece(begin, t.C, value));
    }

    /// <summary>The value of a whole tensor as it was written, or null where it was written in pieces.</summary>
    public TracedValue? Whole(Tensor t) => Pieces(t).FindLast(p => p.Begin == t.Offset && p.Count == t.C)?.Value;

    /// <summary>The name of the value of a tensor's channels, joined of pieces or cut out of a wider one where it must be.</summary>
    public string Read(Tensor t)
    {
        if (Whole(t) is { } value) return value.Name;
        int begin = (int)t.Offset, end = begin + t.C;
        var names = new List<string>();
        while (begin < end)
        {
            var piece = Pieces(t).FindLast(p => p.Begin <= begin && begin < p.End) ?? throw new InvalidOperationException($"channel {begin} of {t} is read before it is written");
            int count = Math.Min(piece.End, end) - begin;
            names.Add(count == piece.Count ? piece.Value.Name : Slice(piece.Value.Name, begin - piece.Begin, count));
            begin += count;
        }
        return names.Count == 1 ? names[0] : graph.Node("Concat", names, OnnxAttribute.Int("axis", 1));
    }

    /// <summary>Channels [begin, begin + count) of a value.</summary>
    public string Slice(string value, int begin, int count) =>
        graph.Node("Slice", [value, graph.Longs(begin), graph.Longs(begin + count), graph.Longs(1)]);

    private List<Piece> Pieces(Tensor t) => blocks[(int)(t.Pointer >> BlockBits) - 1];
}
