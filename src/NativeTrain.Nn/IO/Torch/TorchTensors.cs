using NativeTrain.Core;

namespace NativeTrain.Nn;

/// <summary>Makes arrays of a pickle's tensors: each view of a storage is checked against the storage and gathered row by row.</summary>
internal sealed class TorchTensors(TorchArchive archive)
{
    /// <summary>More axes than any weight has.</summary>
    private const int MaxRank = 8;

    private readonly Dictionary<string, byte[]> storages = new(StringComparer.Ordinal);
    private long made;

    /// <exception cref="InvalidDataException">The tensor reaches out of its storage, or the storage is not as the pickle says.</exception>
    public SafetensorsEntry Make(string name, PickledTensor tensor)
    {
        string quoted = PickleGlobals.Quote(name);
        if (tensor.Storage.Type is not { } type)
            throw new InvalidDataException($"tensor '{quoted}' has an element type that is not read; known are {string.Join(", ", Enum.GetNames<SafetensorsType>())}");
        var shape = Check(tensor, quoted);
        long bytes = shape.Count * type.Bytes();
        // Many views may share one storage; the weights of a model do not, but for a few that are tied.
        made += bytes;
        if (bytes > Array.MaxLength || made > 2 * archive.FileBytes)
            throw new InvalidDataException($"its tensors, at '{quoted}', take more than twice the bytes of the file, which are {archive.FileBytes}");
        return new SafetensorsEntry(name, type, shape, Gather(Load(tensor.Storage, type.Bytes()), tensor, bytes, type.Bytes()));
    }

    private byte[] Load(PickledStorage storage, int elementBytes)
    {
        if (!storages.TryGetValue(storage.Key, out byte[]? bytes))
            storages[storage.Key] = bytes = archive.Storage(storage, elementBytes);
        // The same key may come again with another type or count.
        return bytes.Length == (Int128)storage.Count * elementBytes ? bytes
            : throw new InvalidDataException($"the pickle gives two sizes for 'data/{PickleGlobals.Quote(storage.Key)}'");
    }

    private static Shape Check(PickledTensor tensor, string name)
    {
        long[] sizes = tensor.Sizes, strides = tensor.Strides;
        string text = $"[{string.Join(", ", sizes.Take(MaxRank))}]";
        if (sizes.Length != strides.Length || sizes.Length > MaxRank || sizes.Any(d => d is < 0 or > int.MaxValue))
            throw new InvalidDataException($"tensor '{name}' has the impossible shape {text}");
        // The element farthest out; Int128, so that hostile numbers do not wrap round.
        Int128 last = tensor.Offset, count = 1;
        for (int a = 0; a < sizes.Length; a++)
        {
            last += (sizes[a] - 1) * (Int128)strides[a];
            count *= sizes[a];
            if (count > int.MaxValue) throw new InvalidDataException($"tensor '{name}' {text} is over the limit of 2 G elements");
        }
        if (tensor.Offset < 0 || strides.Any(s => s < 0) || (count > 0 && last >= tensor.Storage.Count))
            throw new InvalidDataException($"tensor '{name}' {text} reaches out of its storage of {tensor.Storage.Count} elements");
        return new Shape([.. sizes.Select(d => (int)d)]);
    }

    /// <summary>The view's elements in row-major order.</summary>
    private static ReadOnlyMemory<byte> Gather(byte[] storage, PickledTensor tensor, long bytes, int size)
    {
        if (IsRowMajor(tensor)) return storage.AsMemory(checked((int)(tensor.Offset * (bytes == 0 ? 0 : size))), (int)bytes);
        byte[] y = new byte[bytes];
        var index = new long[tensor.Sizes.Length];
        long at = tensor.Offset;
        for (int i = 0; i < y.Length; i += size)
        {
            storage.AsSpan((int)(at * size), size).CopyTo(y.AsSpan(i));
            // Counts the index up like an odometer, its last wheel the fastest.
            for (int a = index.Length - 1; a >= 0; a--)
            {
                at += tensor.Strides[a];
                if (++index[a] < tensor.Sizes[a]) break;
                at -= tensor.Strides[a] * tensor.Sizes[a];
                index[a] = 0;
            }
        }
        return y;
    }

    private static bool IsRowMajor(PickledTensor tensor)
    {
        long expected = 1;
        for (int a = tensor.Sizes.Length - 1; a >= 0; a--)
        {
            if (tensor.Sizes[a] != 1 && tensor.Strides[a] != expected) return false;
            expected *= tensor.Sizes[a];
        }
        return true;
    }
}
