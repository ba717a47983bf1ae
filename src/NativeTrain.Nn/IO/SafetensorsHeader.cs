using System.Buffers;
using System.Buffers.Binary;
using System.Text.Json;
using NativeTrain.Core;

namespace NativeTrain.Nn;

/// <summary>
/// The header: {"name": {"dtype": "F32", "shape": [2, 3], "data_offsets": [begin, end]}, …, "__metadata__": {…}}.
/// Offsets count from the first byte after the header. The arrays must tile the rest of the file exactly.
/// </summary>
internal sealed class SafetensorsHeader
{
    private const string MetadataKey = "__metadata__";

    /// <summary>A limit well above any model's header, so that a wrong length cannot ask for much memory.</summary>
    private const long MaxBytes = 100_000_000;

    internal sealed record Array(string Name, SafetensorsType Type, Shape Shape, long Begin, long End);

    private SafetensorsHeader(long dataStart, IReadOnlyList<Array> arrays, IReadOnlyDictionary<string, string> metadata)
    {
        DataStart = dataStart;
        Arrays = arrays;
        Metadata = metadata;
    }

    /// <summary>Where in the file offset 0 lies.</summary>
    public long DataStart { get; }
    public IReadOnlyList<Array> Arrays { get; }
    public IReadOnlyDictionary<string, string> Metadata { get; }

    /// <exception cref="InputException">Anything in the header is wrong, or disagrees with the file's size.</exception>
    public static SafetensorsHeader Read(FileStream file, string path)
    {
        if (file.Length < 8)
            throw new InputException($"{path}: not a safetensors file: {file.Length} bytes, a header needs 8");
        Span<byte> prefix = stackalloc byte[8];
        file.ReadExactly(prefix);
        ulong length = BinaryPrimitives.ReadUInt64LittleEndian(prefix);
        if (length > (ulong)(file.Length - 8))
            throw new InputException($"{path}: not a safetensors file, or truncated: the header should be {length} bytes long, the file has {file.Length}");
        if (length > MaxBytes)
            throw new InputException($"{path}: not a safetensors file: a header of {length} bytes is over the limit of {MaxBytes}");
        byte[] json = new byte[length];
        file.ReadExactly(json);

        var arrays = new List<Array>();
        var metadata = new Dictionary<string, string>();
        try
        {
            Parse(json, path, arrays, metadata);
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            // JsonException: not JSON. InvalidOperationException: invalid UTF-8, or a value of another kind.
            throw new InputException($"{path}: the safetensors header is malformed: {e.Message}", e);
        }
        long start = 8 + (long)length;
        CheckTiling(arrays, file.Length - start, path);
        return new SafetensorsHeader(start, arrays, metadata);
    }

    /// <summary>Length prefix and JSON for entries stored in the given order, padded with spaces to 8 bytes.</summary>
    public static byte[] Serialize(IReadOnlyList<SafetensorsEntry> entries, IReadOnlyDictionary<string, string>? metadata)
    {
        var buffer = new ArrayBufferWriter<byte>();
        using (var json = new Utf8JsonWriter(buffer))
        {
            json.WriteStartObject();
            if (metadata is { Count: > 0 })
            {
                json.WriteStartObject(MetadataKey);
                foreach (var (key, value) in metadata) json.WriteString(key, value);
                json.WriteEndObject();
            }
            var seen = new HashSet<string> { MetadataKey };
            long offset = 0;
            foreach (var e in entries)
            {
                if (!seen.Add(e.Name)) throw new ArgumentException($"two arrays are named '{e.Name}'");
                json.WriteStartObject(e.Name);
                json.WriteString("dtype", e.Type.ToString());
                json.WriteStartArray("shape");
                foreach (int d in e.Shape.Dims) json.WriteNumberValue(d);
                json.WriteEndArray();
                json.WriteStartArray("data_offsets");
                json.WriteNumberValue(offset);
                json.WriteNumberValue(offset += e.ByteCount);
                json.WriteEndArray();
                json.WriteEndObject();
            }
            json.WriteEndObject();
        }
        int padded = (buffer.WrittenCount + 7) / 8 * 8;
        byte[] header = new byte[8 + padded];
        BinaryPrimitives.WriteUInt64LittleEndian(header, (ulong)padded);
        header.AsSpan(8).Fill((byte)' ');
        buffer.WrittenSpan.CopyTo(header.AsSpan(8));
        return header;
    }

    private static void Parse(byte[] json, string path, List<Array> arrays, Dictionary<string, string> metadata)
    {
        var reader = new Utf8JsonReader(json);
        var seen = new HashSet<string>();
        reader.Read();
        Expect(reader, JsonTokenType.StartObject);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string name = reader.GetString()!;
            if (!seen.Add(name)) throw new InputException($"{path}: two tensors are named '{name}'");
            reader.Read();
            if (name == MetadataKey) ParseMetadata(ref reader, metadata);
            else arrays.Add(ParseArray(ref reader, name, path));
        }
        // Whatever follows the object (the padding apart) makes this throw.
        while (reader.Read()) { }
    }

    private static void ParseMetadata(ref Utf8JsonReader reader, Dictionary<string, string> metadata)
    {
        Expect(reader, JsonTokenType.StartObject);
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string key = reader.GetString()!;
            reader.Read();
            Expect(reader, JsonTokenType.String);
            metadata[key] = reader.GetString()!;
        }
    }

    private static Array ParseArray(ref Utf8JsonReader reader, string name, string path)
    {
        Expect(reader, JsonTokenType.StartObject);
        string? dtype = null;
        List<long>? dims = null, offsets = null;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            string key = reader.GetString()!;
            reader.Read();
            if (key == "dtype") dtype = reader.GetString();
            else if (key == "shape") dims = ParseNumbers(ref reader);
            else if (key == "data_offsets") offsets = ParseNumbers(ref reader);
            else reader.Skip();
        }
        if (dtype is null || dims is null || offsets is not { Count: 2 })
            throw new InputException($"{path}: tensor '{name}' needs a dtype, a shape and two data_offsets");
        var type = SafetensorsTypes.Parse(dtype)
            ?? throw new InputException($"{path}: tensor '{name}' has the element type '{dtype}'; known are {string.Join(", ", Enum.GetNames<SafetensorsType>())}");
        return Check(name, type, dims, offsets[0], offsets[1], path);
    }

    private static List<long> ParseNumbers(ref Utf8JsonReader reader)
    {
        Expect(reader, JsonTokenType.StartArray);
        var numbers = new List<long>();
        while (reader.Read() && reader.TokenType != JsonTokenType.EndArray) numbers.Add(reader.GetInt64());
        return numbers;
    }

    private static Array Check(string name, SafetensorsType type, List<long> dims, long begin, long end, string path)
    {
        string shape = $"[{string.Join(", ", dims)}]";
        // Int128: the product of a handful of hostile extents must not wrap round to the right size.
        Int128 bytes = type.Bytes();
        foreach (long d in dims)
        {
            if (d is < 0 or > int.MaxValue) throw new InputException($"{path}: tensor '{name}' has the impossible shape {shape}");
            bytes *= d;
            if (bytes > long.MaxValue) throw new InputException($"{path}: tensor '{name}' {shape} is larger than any file");
        }
        if (begin < 0 || end < begin || end - begin != bytes)
            throw new InputException($"{path}: tensor '{name}' {type}{shape} takes {bytes} bytes, but its data_offsets are [{begin}, {end}]");
        if (bytes > System.Array.MaxLength)
            throw new InputException($"{path}: tensor '{name}' {type}{shape} is over the limit of 2 GB");
        return new Array(name, type, new Shape(dims.Select(d => (int)d).ToArray()), begin, end);
    }

    private static void CheckTiling(List<Array> arrays, long dataBytes, string path)
    {
        long end = 0;
        foreach (var a in arrays.OrderBy(a => a.Begin).ThenBy(a => a.End))
        {
            if (a.End > dataBytes)
                throw new InputException($"{path}: truncated: tensor '{a.Name}' ends at byte {a.End} of the data, the file has {dataBytes}");
            if (a.Begin != end)
                throw new InputException($"{path}: tensor '{a.Name}' begins at byte {a.Begin} of the data, but the tensor before it ends at {end}");
            end = a.End;
        }
        if (end != dataBytes)
            throw new InputException($"{path}: {dataBytes - end} bytes follow the last tensor: not the file that was written");
    }

    private static void Expect(in Utf8JsonReader reader, JsonTokenType type)
    {
        if (reader.TokenType != type) throw new JsonException($"{type} expected, {reader.TokenType} found at byte {reader.TokenStartIndex}");
    }
}
