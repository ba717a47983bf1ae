namespace NativeTrain.Nn;

/// <summary>The stack and the memo of a pickle's machine. Taking what is not there is an error of the file.</summary>
internal sealed class PickleStack
{
    private readonly List<object?> values = [];
    private readonly List<int> marks = [];
    private readonly Dictionary<uint, object?> memo = [];

    private int Floor => marks.Count > 0 ? marks[^1] : 0;

    public int Count => values.Count;

    public void Push(object? value) => values.Add(value);

    public object? Peek() => values.Count > Floor ? values[^1] : throw Empty();

    public object? Pop()
    {
        object? top = Peek();
        values.RemoveAt(values.Count - 1);
        return top;
    }

    /// <summary>The value on top, which must be of a kind.</summary>
    public T Peek<T>(string what) where T : class => Peek() as T ?? throw new InvalidDataException($"the pickle is altered: {what} expected");

    /// <inheritdoc cref="Peek{T}(string)"/>
    public T Pop<T>(string what) where T : class
    {
        var top = Peek<T>(what);
        values.RemoveAt(values.Count - 1);
        return top;
    }

    public void Mark() => marks.Add(values.Count);

    /// <summary>Takes everything above the last mark, and the mark.</summary>
    public object?[] PopToMark()
    {
        if (marks.Count == 0) throw new InvalidDataException("the pickle is altered: a mark is missing");
        object?[] taken = [.. values.Skip(Floor)];
        values.RemoveRange(Floor, taken.Length);
        marks.RemoveAt(marks.Count - 1);
        return taken;
    }

    /// <summary>The top <paramref name="count"/> values as a tuple.</summary>
    public object?[] PopTuple(int count)
    {
        var tuple = new object?[count];
        for (int i = count - 1; i >= 0; i--) tuple[i] = Pop();
        return tuple;
    }

    public void Remember(uint index) => memo[index] = Peek();

    /// <summary>Remembers the top under the next number (protocol 4).</summary>
    public void Memoize() => Remember((uint)memo.Count);

    public object? Recall(uint index) =>
        memo.TryGetValue(index, out object? value) ? value : throw new InvalidDataException($"the pickle is altered: it recalls value {index}, which it never stored");

    private static InvalidDataException Empty() => new("the pickle is altered: a value is missing");
}
