using System.Numerics;

namespace NativeTrain.Nn;

/// <summary>
/// Reads a pickle (Python's format of saved objects, https://docs.python.org/3/library/pickletools.html) as data. A pickle is a program
/// for a small stack machine. This is that machine with its teeth drawn: names are compared with a list
/// (<see cref="PickleGlobals"/>), never imported; calls make records; there is no recursion, and every value comes
/// from a byte of the file, so memory and time are in proportion to the file's length.
/// </summary>
internal sealed class PickleReader
{
    /// <summary>Far above any model's pickle (YOLO11x: about 0.3 MB). A value in memory takes up to about 60 times its byte here.</summary>
    public const int MaxBytes = 16_000_000;

    private readonly PickleBytes bytes;
    private readonly PickleStack stack = new();

    private PickleReader(byte[] pickle) => bytes = new PickleBytes(pickle);

    /// <summary>The object that the pickle describes.</summary>
    /// <exception cref="InvalidDataException">It is truncated or altered, or asks for something that is not allowed.</exception>
    public static object? Read(byte[] pickle)
    {
        if (pickle.Length > MaxBytes) throw new InvalidDataException($"the pickle of {pickle.Length} bytes is over the limit of {MaxBytes}");
        return new PickleReader(pickle).Run();
    }

    private object? Run()
    {
        while (true)
        {
            int at = bytes.Position;
            char op = (char)bytes.U8();
            if (op == '.') return stack.Pop();
            if (!Constant(op) && !Container(op) && !Structure(op))
                throw new InvalidDataException($"the pickle has the instruction 0x{(int)op:X2} at byte {at}, which PyTorch does not write");
        }
    }

    /// <summary>Instructions that push a constant.</summary>
    private bool Constant(char op)
    {
        switch (op)
        {
            case 'N': stack.Push(null); return true;
            case '\x88': stack.Push(true); return true;
            case '\x89': stack.Push(false); return true;
            case 'K': stack.Push((long)bytes.U8()); return true;
            case 'M': stack.Push((long)bytes.U16()); return true;
            case 'J': stack.Push((long)bytes.I32()); return true;
            case '\x8a': stack.Push(Integer(bytes.U8())); return true;        // LONG1
            case '\x8b': stack.Push(Integer(bytes.U32())); return true;       // LONG4
            case 'G': stack.Push(bytes.F64()); return true;
            case '\x8c': stack.Push(bytes.Utf8(bytes.U8())); return true;     // SHORT_BINUNICODE
            case 'X': stack.Push(bytes.Utf8(bytes.U32())); return true;       // BINUNICODE
            case '\x8d': stack.Push(bytes.Utf8(bytes.U64())); return true;    // BINUNICODE8
            case 'U': stack.Push(bytes.Latin1(bytes.U8())); return true;      // SHORT_BINSTRING
            case 'T': stack.Push(bytes.Latin1(bytes.U32())); return true;     // BINSTRING
            case 'C': stack.Push(bytes.Take(bytes.U8()).ToArray()); return true;
            case 'B': stack.Push(bytes.Take(bytes.U32()).ToArray()); return true;
            case '\x8e' or '\x96': stack.Push(bytes.Take(bytes.U64()).ToArray()); return true; // BINBYTES8, BYTEARRAY8
            default: return false;
        }
    }

    /// <summary>A little-endian two's complement number of that many bytes, as long where it fits.</summary>
    private object Integer(uint length)
    {
        if (length > 255) throw new InvalidDataException($"the pickle has a whole number of {length} bytes");
        var value = new BigInteger(bytes.Take(length));
        return value >= long.MinValue && value <= long.MaxValue ? (object)(long)value : value;
    }

    /// <summary>Instructions that make and fill lists, tuples, dicts and sets.</summary>
    private bool Container(char op)
    {
        switch (op)
        {
            case '(': stack.Mark(); return true;
            case ']': stack.Push(new List<object?>()); return true;
            case '}': stack.Push(new PickledDict()); return true;
            case ')': stack.Push(Array.Empty<object?>()); return true;
            case '\x85': stack.Push(stack.PopTuple(1)); return true;
            case '\x86': stack.Push(stack.PopTuple(2)); return true;
            case '\x87': stack.Push(stack.PopTuple(3)); return true;
            case 't': stack.Push(stack.PopToMark()); return true;
            case 'l': stack.Push(new List<object?>(stack.PopToMark())); return true;
            case 'd': SetItems(new PickledDict(), stack.PopToMark(), push: true); return true;
            case 'a': Append([stack.Pop()]); return true;
            case 'e': Append(stack.PopToMark()); return true;
            case 's': var (value, key) = (stack.Pop(), stack.Pop()); SetItems(stack.Peek(), [key, value]); return true;
            case 'u': var items = stack.PopToMark(); SetItems(stack.Peek(), items); return true;
            case '\x8f': stack.Push(new List<object?>()); return true;        // EMPTY_SET: as a list
            case '\x90': Append(stack.PopToMark()); return true;              // ADDITEMS
            case '\x91': stack.Push(stack.PopToMark()); return true;          // FROZENSET: as a tuple
            default: return false;
        }
    }

    private void Append(object?[] items)
    {
        // Subclasses of list are records; what they hold is of no use here.
        if (stack.Peek() is PickledObject) return;
        stack.Peek<List<object?>>("a list").AddRange(items);
    }

    private void SetItems(object? target, object?[] items, bool push = false)
    {
        if (push) stack.Push(target);
        if (items.Length % 2 != 0) throw new InvalidDataException("the pickle is altered: a key has no value");
        if (target is PickledObject) return; // a subclass of dict
        if (target is not PickledDict dict) throw new InvalidDataException("the pickle is altered: a dict expected");
        for (int i = 0; i < items.Length; i += 2) dict.Add(items[i], items[i + 1]);
    }

    /// <summary>Instructions on the memo, on names, calls and the state of objects, and on the pickle itself.</summary>
    private bool Structure(char op)
    {
        switch (op)
        {
            case 'q': stack.Remember(bytes.U8()); return true;
            case 'r': stack.Remember(bytes.U32()); return true;
            case '\x94': stack.Memoize(); return true;
            case 'h': stack.Push(stack.Recall(bytes.U8())); return true;
            case 'j': stack.Push(stack.Recall(bytes.U32())); return true;
            case '0': stack.Pop(); return true;
            case '1': stack.PopToMark(); return true;
            case '2': stack.Push(stack.Peek()); return true;
            case 'Q': stack.Push(PickleGlobals.Storage(stack.Pop())); return true; // BINPERSID
            case 'c' or 'i': Global(bytes.Line(), bytes.Line(), instance: op == 'i'); return true;
            case '\x93': StackGlobal(); return true;
            case 'R': Call(); return true;
            case '\x81': New(); return true;
            case 'b': Build(); return true;
            case '\x80': Protocol(bytes.U8()); return true;
            case '\x95': _ = bytes.U64(); return true; // FRAME: a hint for reading ahead
            case '\x82': throw Extension(bytes.U8());
            case '\x83': throw Extension(bytes.U16());
            case '\x84': throw Extension(bytes.U32());
            default: return false;
        }
    }

    /// <param name="module">Of the name asked for.</param>
    /// <param name="name">The name.</param>
    /// <param name="instance">INST, an old instruction that also makes an object of it.</param>
    private void Global(string module, string name, bool instance)
    {
        var asked = PickleGlobals.Allow(module, name);
        if (instance) throw new InvalidDataException($"the pickle makes a '{asked}' by an instruction that PyTorch does not write");
        stack.Push(asked);
    }

    private void StackGlobal()
    {
        string name = stack.Pop<string>("a name"), module = stack.Pop<string>("a module's name");
        stack.Push(PickleGlobals.Allow(module, name));
    }

    private void Call()
    {
        var arguments = stack.Pop<object?[]>("a tuple of arguments");
        stack.Push(PickleGlobals.Call(stack.Pop<PickledGlobal>("a name to call"), arguments));
    }

    /// <summary>NEWOBJ: an object of a class; its constructor's arguments are of no use.</summary>
    private void New()
    {
        stack.Pop<object?[]>("a tuple of arguments");
        stack.Push(new PickledObject(stack.Pop<PickledGlobal>("a class")));
    }

    /// <summary>BUILD: gives an object its attributes. Those of dicts and tensors are not used.</summary>
    private void Build()
    {
        object? state = stack.Pop();
        if (stack.Peek() is PickledObject target) target.State = state;
        else if (stack.Peek() is not (PickledDict or PickledTensor)) throw new InvalidDataException("the pickle is altered: an object expected");
    }

    private static void Protocol(byte version)
    {
        if (version is < 2 or > 5) throw new InvalidDataException($"the pickle is of protocol {version}; 2 to 5 are read");
    }

    private static InvalidDataException Extension(uint code) =>
        new($"the pickle asks for extension {code}, which is not on the list of what a weights file may contain; nothing was run");
}
