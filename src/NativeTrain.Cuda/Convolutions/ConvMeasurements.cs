using NativeTrain.Core;

namespace NativeTrain.Cuda.Convolutions;

/// <summary>
/// What was measured of each convolution, in memory and in a text file, a line each: "Forward F16 16 80 80 … = cudnn 1 1 0
/// 0.12 native 0.15". A line that cannot be read is measured anew; a folder that cannot be written costs the measuring
/// each time.
/// </summary>
internal sealed class ConvMeasurements
{
    private readonly string file;
    private readonly Dictionary<string, ConvMeasurement> lines = [];
    private readonly Dictionary<ConvKey, ConvMeasurement> asked = [];

    public ConvMeasurements(string file)
    {
        this.file = file;
        Read();
    }

    public ConvMeasurement? this[in ConvKey key]
    {
        get
        {
            if (!asked.TryGetValue(key, out var measurement) && lines.TryGetValue(key.ToString(), out measurement)) asked[key] = measurement;
            return measurement;
        }
    }

    /// <summary>Keeps a measurement for as long as this lives.</summary>
    public void Remember(in ConvKey key, ConvMeasurement measurement) => asked[key] = measurement;

    /// <summary>Keeps a measurement on the disk too, beside what other processes have written meanwhile.</summary>
    public void Add(in ConvKey key, ConvMeasurement measurement)
    {
        Read();
        lines[key.ToString()] = measurement;
        Remember(key, measurement);
        try
        {
            AtomicFile.WriteText(file, string.Concat(lines.OrderBy(k => k.Key, StringComparer.Ordinal).Select(k => $"{k.Key} = {k.Value}\n")));
        }
        catch (InputException)
        {
            // as said above
        }
    }

    private void Read()
    {
        try
        {
            if (!File.Exists(file)) return;
            foreach (string line in File.ReadLines(file))
                if (line.Split(" = ") is [var key, var value] && ConvMeasurement.Parse(value) is { } measurement)
                    lines.TryAdd(key, measurement);
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            // as said above
        }
    }
}
