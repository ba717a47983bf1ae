using System.Globalization;

namespace NativeTrain.Vision.Plots;

/// <summary>The name to show for a class.</summary>
internal static class ClassNames
{
    /// <summary>The class's name, or its number where it has none; control characters become spaces.</summary>
    public static string Of(IReadOnlyList<string> names, int cls)
    {
        string? name = cls >= 0 && cls < names.Count ? names[cls] : null;
        if (string.IsNullOrWhiteSpace(name)) return cls.ToString(CultureInfo.InvariantCulture);
        return new string([.. name.Select(letter => char.IsControl(letter) ? ' ' : letter)]);
    }
}
