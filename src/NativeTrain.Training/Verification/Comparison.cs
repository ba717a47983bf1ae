using NativeTrain.Nn;

namespace NativeTrain.Training;

/// <summary>One compared tensor: the worst deviation, relative to the reference's largest magnitude.</summary>
/// <param name="Group">"outputs", "loss", "gradients", "statistics" or "eval".</param>
/// <param name="Name">The tensor's name in the expected file.</param>
/// <param name="Deviation">max |ours − expected| / max |expected| (NaN anywhere gives infinity); see <see cref="Verification"/> for gradients that vanish.</param>
/// <param name="Tolerance">The most that passes.</param>
public sealed record VerifiedTensor(string Group, string Name, double Deviation, double Tolerance)
{
    public bool Passed => Deviation <= Tolerance;
}

/// <summary>Compares arrays with those of the same name in a file of the reference's, and keeps the results.</summary>
/// <param name="expected">The file.</param>
/// <param name="output">The most that an output may deviate.</param>
/// <param name="loss">The most that a loss may deviate.</param>
/// <param name="item">The most that one of its items may.</param>
internal sealed class Comparison(SafetensorsFile expected, double output, double loss, double item)
{
    private readonly List<VerifiedTensor> results = [];

    public IReadOnlyList<VerifiedTensor> Results => results;

    /// <summary>Compares an output, or with group "loss" a loss or its items.</summary>
    public void Add(string group, string name, float[] ours) => Add(group, name, ours, group != "loss" ? output : name == "loss" ? loss : item);

    /// <param name="group">See <see cref="VerifiedTensor.Group"/>.</param>
    /// <param name="name">In the file.</param>
    /// <param name="ours">In the file's order.</param>
    /// <param name="tolerance">The most that passes.</param>
    /// <param name="floor">The least magnitude that the deviation is measured against.</param>
    /// <exception cref="Core.InputException">The file has no such tensor.</exception>
    public void Add(string group, string name, float[] ours, double tolerance, double floor = 0)
    {
        float[] theirs = expected[name].ToFloats();
        double deviation = 0, largest = floor;
        if (ours.Length != theirs.Length) deviation = double.PositiveInfinity;
        for (int i = 0; i < Math.Min(ours.Length, theirs.Length); i++)
        {
            double d = Math.Abs((double)ours[i] - theirs[i]);
            deviation = Math.Max(deviation, double.IsNaN(d) ? double.PositiveInfinity : d);
            largest = Math.Max(largest, Math.Abs((double)theirs[i]));
        }
        results.Add(new VerifiedTensor(group, name, deviation == 0 ? 0 : deviation / largest, tolerance));
    }

    /// <summary>Compares tensors as one long vector: the length of the difference as a part of the reference's.</summary>
    /// <param name="group">See <see cref="VerifiedTensor.Group"/>.</param>
    /// <param name="name">Of the result.</param>
    /// <param name="ours">Names in the file, and our numbers.</param>
    /// <param name="scale">What ours are multiplied by first.</param>
    /// <param name="tolerance">The most that passes.</param>
    public void AddTogether(string group, string name, IEnumerable<(string Name, float[] Values)> ours, double scale, double tolerance)
    {
        double difference = 0, length = 0;
        foreach (var (tensor, values) in ours)
            foreach (var (x, y) in values.Zip(expected[tensor].ToFloats()))
            {
                difference += (scale * x - y) * (scale * x - y);
                length += (double)y * y;
            }
        double deviation = Math.Sqrt(difference / length);
        results.Add(new VerifiedTensor(group, name, double.IsNaN(deviation) ? double.PositiveInfinity : deviation, tolerance));
    }

    /// <summary>The largest magnitude in tensors of the file.</summary>
    public double Largest(IEnumerable<string> names) => names.Max(name => expected[name].ToFloats().Max(Math.Abs));
}
