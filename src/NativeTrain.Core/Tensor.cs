using System.Runtime.InteropServices;

namespace NativeTrain.Core;

/// <summary>
/// Numbers of one type in device memory. A feature map is [N, H, W, C] with the channels innermost; the
/// elements of one pixel are contiguous and pixels lie <see cref="Ld"/> elements apart, so a range of
/// channels of a wider map is a tensor too (<see cref="Slice"/>), without a copy.
/// </summary>
public sealed class Tensor : IDisposable
{
    private readonly Storage storage;

    private Tensor(Storage storage, Shape shape, DType type, long offset, int ld, Tensor? whole)
    {
        this.storage = storage;
        Shape = shape;
        Type = type;
        Offset = offset;
        Ld = ld;
        Whole = whole;
        RequiresGrad = whole?.RequiresGrad ?? false;
    }

    /// <summary>A dense tensor with undefined contents.</summary>
    public static Tensor Create(IBackend backend, Shape shape, DType type = DType.F32)
    {
        ArgumentNullException.ThrowIfNull(backend);
        var storage = backend.Allocator.Allocate(Math.Max(1, shape.Count) * type.Bytes());
        return new Tensor(storage, shape, type, 0, shape.C, null);
    }

    public Shape Shape { get; }
    public DType Type { get; }

    /// <summary>Elements between two pixels ("leading dimension"); equals C where the tensor is dense.</summary>
    public int Ld { get; }

    /// <summary>First element, counted from the start of the storage.</summary>
    public long Offset { get; }

    /// <summary>The wider tensor that this one is a range of channels of, or null.</summary>
    public Tensor? Whole { get; }

    /// <summary>Whether a gradient is to flow to this tensor.</summary>
    public bool RequiresGrad { get; set; }

    /// <summary>∂loss/∂this, while the tape walks back; owned by the tape (parameters keep theirs elsewhere).</summary>
    public Tensor? Grad { get; internal set; }

    public bool IsDense => Ld == Shape.C;
    public long Count => Shape.Count;
    public long Rows => Shape.Rows;
    public int C => Shape.C;
    public long Bytes => Count * Type.Bytes();

    /// <summary>Address of the first element.</summary>
    public nint Pointer
    {
        get
        {
            nint p = storage.Pointer;
            ObjectDisposedException.ThrowIf(p == 0, this);
            return p + (nint)(Offset * Type.Bytes());
        }
    }

    /// <summary>Channels [begin, begin + count) of every pixel, sharing this tensor's memory.</summary>
    public Tensor Slice(int begin, int count)
    {
        if (begin < 0 || count < 0 || begin + count > C)
            throw new ArgumentOutOfRangeException(nameof(begin), $"channels {begin}..{begin + count} of a tensor with {C}");
        return new Tensor(storage, Shape.WithC(count), Type, Offset + begin, Ld, Whole ?? this);
    }

    /// <summary>The same elements under another shape. Dense tensors only, and none that a gradient is to flow to: it would not find its way back.</summary>
    public Tensor Reshape(Shape shape)
    {
        if (!IsDense || Whole is not null) throw new InvalidOperationException("only a dense tensor can be reshaped");
        if (RequiresGrad) throw new InvalidOperationException("a tensor that requires a gradient cannot be reshaped");
        if (shape.Count != Count) throw new ArgumentException($"{Shape} has {Count} elements, {shape} has {shape.Count}");
        return new Tensor(storage, shape, Type, Offset, shape.C, null);
    }

    /// <summary>The elements of a dense tensor in host memory. CPU tensors only.</summary>
    public unsafe Span<T> HostSpan<T>() where T : unmanaged
    {
        if (!IsDense) throw new InvalidOperationException("only a dense tensor is one span");
        if (sizeof(T) != Type.Bytes()) throw new InvalidOperationException($"{typeof(T).Name} does not fit {Type}");
        return new Span<T>((void*)Pointer, checked((int)Count));
    }

    /// <summary>Frees the memory, unless it belongs to a wider tensor.</summary>
    public void Dispose()
    {
        Grad?.Dispose();
        Grad = null;
        if (Whole is null) storage.Dispose();
    }

    public override string ToString() => $"{Type}{Shape}";
}
