using System.Buffers.Binary;
using System.Text;

namespace NativeTrain.Testing.Torch;

/// <summary>Writes a pickle instruction by instruction, so that a test can write what no honest program would.</summary>
public sealed class PickleWriter
{
    private readonly MemoryStream bytes = new();

    public PickleWriter(byte protocol = 2) => Op('\x80').Raw(protocol);

    /// <summary>What was written, and the instruction that ends it.</summary>
    public byte[] End() => Op('.').ToArray();

    /// <summary>What was written, without an end.</summary>
    public byte[] ToArray() => bytes.ToArray();

    public PickleWriter Op(char op) => Raw((byte)op);

    public PickleWriter Raw(params ReadOnlySpan<byte> raw)
    {
        bytes.Write(raw);
        return this;
    }

    public PickleWriter Raw32(uint n)
    {
        Span<byte> b = stackalloc byte[4];
        BinaryPrimitives.WriteUInt32LittleEndian(b, n);
        return Raw(b);
    }

    public PickleWriter Raw64(ulong n)
    {
        Span<byte> b = stackalloc byte[8];
        BinaryPrimitives.WriteUInt64LittleEndian(b, n);
        return Raw(b);
    }

    public PickleWriter Text(string text)
    {
        byte[] utf8 = Encoding.UTF8.GetBytes(text);
        return Op('X').Raw32((uint)utf8.Length).Raw(utf8);
    }

    /// <summary>LONG1 of eight bytes: any long.</summary>
    public PickleWriter Number(long n) => Op('\x8a').Raw(8).Raw64((ulong)n);

    public PickleWriter Global(string module, string name) => Op('c').Raw(Encoding.UTF8.GetBytes($"{module}\n{name}\n"));

    /// <summary>A tuple of numbers.</summary>
    public PickleWriter Numbers(params IEnumerable<long> numbers)
    {
        Op('(');
        foreach (long n in numbers) Number(n);
        return Op('t');
    }

    /// <summary>A tensor, as torch.save writes it: a call of _rebuild_tensor_v2 with a persistent id.</summary>
    public PickleWriter Tensor(string storageType, string key, long count, long offset, long[] sizes, long[] strides)
    {
        Global("torch._utils", "_rebuild_tensor_v2").Op('(');
        Op('(').Text("storage").Global("torch", storageType).Text(key).Text("cpu").Number(count).Op('t').Op('Q');
        Number(offset).Numbers(sizes).Numbers(strides).Op('\x89');
        return Global("collections", "OrderedDict").Op(')').Op('R').Op('t').Op('R');
    }

    /// <summary>An empty dict and a mark: items (key, value, key, value, …) follow, then <see cref="EndDict"/>.</summary>
    public PickleWriter BeginDict() => Op('}').Op('(');

    public PickleWriter EndDict() => Op('u');
}
