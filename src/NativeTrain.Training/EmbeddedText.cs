namespace NativeTrain.Training;

/// <summary>Texts that are part of the program: pages, their styles and scripts, kernels' sources.</summary>
internal static class EmbeddedText
{
    /// <param name="name">As the project file names it.</param>
    public static string Read(string name)
    {
        using var reader = new StreamReader(typeof(EmbeddedText).Assembly.GetManifestResourceStream(name)!);
        return reader.ReadToEnd();
    }
}
