namespace NativeTrain.Vision.Data;

/// <summary>A line of a label file that is left out.</summary>
/// <param name="Line">Its number, from 1; 0: the whole file.</param>
/// <param name="Text">What is wrong with it.</param>
public readonly record struct LabelFault(int Line, string Text)
{
    /// <summary>Whether the line is right but for repeating an earlier one.</summary>
    public bool Repeats { get; init; }

    /// <summary>"file:line: what is wrong".</summary>
    public string Place(string path) => Line == 0 ? $"{path}: {Text}" : $"{path}:{Line}: {Text}";
}
