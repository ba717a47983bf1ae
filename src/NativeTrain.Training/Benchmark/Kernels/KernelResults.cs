using System.Text.Json;
using NativeTrain.Core;

namespace NativeTrain.Training;

/// <summary>A measured call as it stands in a results file.</summary>
/// <param name="Key">Names the work: <see cref="KernelCall.Key"/>.</param>
/// <param name="Flops">By the formula.</param>
/// <param name="Computed">By the implementation.</param>
public sealed record KernelRow(string Key, string Op, string Pass, string Shape, string Type, string Implementation, double Seconds, double Spread, long Flops, Arithmetic Computed, long Bytes)
{
    /// <summary>The same convolution by a library alone, where there is one.</summary>
    public LibrarySample? Library { get; init; }

    public static KernelRow Of(KernelSample sample)
    {
        ArgumentNullException.ThrowIfNull(sample);
        var c = sample.Call;
        return new KernelRow(c.Key, c.Op, c.Pass, c.ShapeText, c.Type.ToString(), sample.Implementation, sample.Seconds, sample.Spread, c.Flops, sample.Computed, c.Bytes) { Library = sample.Library };
    }
}

/// <summary>All calls of one run of `bench kernels`, with what the machine can do; written as JSON and read again for comparison.</summary>
/// <param name="Device">The backend's name.</param>
/// <param name="Roofs">What the machine can do with maps of each type.</param>
/// <param name="Rows">The calls.</param>
public sealed record KernelResults(string Device, IReadOnlyDictionary<DType, Roofline> Roofs, IReadOnlyList<KernelRow> Rows)
{
    /// <summary>The part of the roofline's speed that a call reached, 0…1 (above 1 where its data lay in a cache).</summary>
    public double Share(KernelRow row) => Roofs[Enum.Parse<DType>(row.Type)].Bound(row.Computed, row.Bytes) / row.Seconds;

    public void Write(string path)
    {
        AtomicFile.Write(path, stream =>
        {
            using var json = new Utf8JsonWriter(stream, new JsonWriterOptions { Indented = true });
            json.WriteStartObject();
            json.WriteString("device", Device);
            json.WriteStartArray("roofs");
            foreach (var (type, roof) in Roofs)
            {
                json.WriteStartObject();
                json.WriteString("type", type.ToString());
                json.WriteNumber("bytes_per_second", roof.BytesPerSecond);
                json.WriteNumber("flops_per_second", roof.FlopsPerSecond);
                json.WriteString("arithmetic", roof.Type.ToString());
                json.WriteNumber("float_flops_per_second", roof.FloatFlopsPerSecond);
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteStartArray("kernels");
            foreach (var r in Rows)
            {
                json.WriteStartObject();
                json.WriteString("key", r.Key);
                json.WriteString("op", r.Op);
                json.WriteString("pass", r.Pass);
                json.WriteString("shape", r.Shape);
                json.WriteString("type", r.Type);
                json.WriteString("implementation", r.Implementation);
                json.WriteNumber("seconds", r.Seconds);
                json.WriteNumber("spread", r.Spread);
                json.WriteNumber("flops", r.Flops);
                json.WriteNumber("computed_flops", r.Computed.Flops);
                json.WriteString("computed_type", r.Computed.Type.ToString());
                json.WriteNumber("bytes", r.Bytes);
                if (r.Library is { } library)
                {
                    json.WriteString("library", library.Name);
                    json.WriteNumber("library_seconds", library.Seconds);
                }
                json.WriteEndObject();
            }
            json.WriteEndArray();
            json.WriteEndObject();
        });
    }

    /// <exception cref="InputException">There is no such file, or it is none of these.</exception>
    public static KernelResults Read(string path)
    {
        try
        {
            using var json = JsonDocument.Parse(File.ReadAllBytes(path));
            var root = json.RootElement;
            var read = new KernelResults(
                root.GetProperty("device").GetString() ?? "",
                root.GetProperty("roofs").EnumerateArray().ToDictionary(r => TypeOf(r, "type"), ReadRoof),
                [.. root.GetProperty("kernels").EnumerateArray().Select(ReadRow)]);
            if (read.Rows.FirstOrDefault(r => !read.Roofs.Keys.Any(t => t.ToString() == r.Type)) is { } row) throw new FormatException($"no roof for the type '{row.Type}' of {row.Key}");
            return read;
        }
        catch (KeyNotFoundException)
        {
            throw new InputException($"{path}: not a results file of this version of 'bench kernels'; write it anew with output=");
        }
        catch (Exception e) when (e is JsonException or InvalidOperationException or FormatException)
        {
            throw new InputException($"{path}: not a results file of 'bench kernels': {OneLine.Of(e.Message)}");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new InputException($"{path}: cannot be read: {OneLine.Of(e.Message)}");
        }
    }

    private static DType TypeOf(JsonElement r, string name) =>
        Enum.TryParse<DType>(r.GetProperty(name).GetString(), out var type) ? type : throw new FormatException($"'{name}' is no element type");

    private static Roofline ReadRoof(JsonElement r) =>
        new(r.GetProperty("bytes_per_second").GetDouble(), r.GetProperty("flops_per_second").GetDouble(), TypeOf(r, "arithmetic")) { FloatFlopsPerSecond = r.GetProperty("float_flops_per_second").GetDouble() };

    private static KernelRow ReadRow(JsonElement r)
    {
        string Text(string name) => r.GetProperty(name).GetString() ?? "";
        return new KernelRow(Text("key"), Text("op"), Text("pass"), Text("shape"), Text("type"), Text("implementation"),
            r.GetProperty("seconds").GetDouble(), r.GetProperty("spread").GetDouble(), r.GetProperty("flops").GetInt64(),
            new Arithmetic(r.GetProperty("computed_flops").GetInt64(), TypeOf(r, "computed_type")), r.GetProperty("bytes").GetInt64())
        {
            Library = r.TryGetProperty("library_seconds", out var seconds) ? new LibrarySample(seconds.GetDouble(), Text("library")) : null,
        };
    }
}
