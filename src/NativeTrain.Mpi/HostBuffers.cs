using System.Runtime.InteropServices;

namespace NativeTrain.Mpi;

/// <summary>Buffers of floats that stay where they are while MPI reads and writes them; each is used again and again.</summary>
internal sealed unsafe class HostBuffers : IDisposable
{
    private readonly List<Buffer> free = [];

    /// <summary>Room for at least so many numbers.</summary>
    internal sealed class Buffer(int count) : IDisposable
    {
        public int Count { get; } = count;
        public float* Pointer { get; private set; } = (float*)NativeMemory.AlignedAlloc((nuint)Math.Max(1, count) * sizeof(float), 64);
        public Span<float> Numbers => new(Pointer, Count);

        public void Dispose()
        {
            NativeMemory.AlignedFree(Pointer);
            Pointer = null;
        }
    }

    /// <summary>The smallest free buffer that is large enough, or a new one.</summary>
    public Buffer Rent(int count)
    {
        var found = free.Where(b => b.Count >= count).MinBy(b => b.Count);
        if (found is null) return new Buffer(count);
        free.Remove(found);
        return found;
    }

    public void Return(Buffer buffer) => free.Add(buffer);

    public void Dispose()
    {
        foreach (var buffer in free) buffer.Dispose();
        free.Clear();
    }
}
