namespace NativeTrain.Nn;

// What a pickle of a weights file can hold beside null, bool, long, BigInteger, double, string, byte[], List<object?> (a
// list) and object?[] (a tuple). All of it is data; none of it does anything.

/// <summary>The name of a class or function that the pickle asks for, e.g. ("torch._utils", "_rebuild_tensor_v2"). Nothing is looked up.</summary>
internal sealed record PickledGlobal(string Module, string Name)
{
    public override string ToString() => $"{Module}.{Name}";
}

/// <summary>An object of some class, as a record: never constructed, only its state kept.</summary>
internal sealed class PickledObject(PickledGlobal type)
{
    public PickledGlobal Type { get; } = type;

    /// <summary>The object's attributes, mostly a <see cref="PickledDict"/>; null where it has none.</summary>
    public object? State { get; set; }
}

/// <summary>
/// A dict or OrderedDict in its order. Nothing is hashed (a hostile key could cost any amount of time): of equal
/// keys the last one counts, and a key is found by going through them.
/// </summary>
internal sealed class PickledDict
{
    private List<KeyValuePair<object?, object?>>? items;

    public IReadOnlyList<KeyValuePair<object?, object?>> Items => items ?? [];

    public void Add(object? key, object? value) => (items ??= []).Add(new(key, value));

    /// <summary>The value of a key that is a text; null where there is none.</summary>
    public object? this[string key]
    {
        get
        {
            for (int i = Items.Count - 1; i >= 0; i--)
                if (Items[i].Key is string k && k == key) return Items[i].Value;
            return null;
        }
    }
}

/// <summary>A stretch of numbers in a file of its own in the archive.</summary>
/// <param name="Type">Type of its elements; null: one this program does not read.</param>
/// <param name="Key">The file's name in the archive's folder "data".</param>
/// <param name="Count">How many elements the pickle says it has.</param>
internal sealed record PickledStorage(SafetensorsType? Type, string Key, long Count);

/// <summary>A view of a storage: element i₀, i₁, … lies at Offset + Σ iₐ·Strides[a].</summary>
internal sealed record PickledTensor(PickledStorage Storage, long Offset, long[] Sizes, long[] Strides);
