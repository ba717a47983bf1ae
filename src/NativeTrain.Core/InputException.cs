namespace NativeTrain.Core;

/// <summary>
/// Something the user gave is wrong: a file, a value, an option. The message is one line that names the
/// file, the line and the cure; the command line prints it and exits with code 2.
/// </summary>
public sealed class InputException : Exception
{
    public InputException(string message) : base(OneLine.Of(message)) { }
    public InputException(string message, Exception inner) : base(OneLine.Of(message), inner) { }
    public InputException() { }
}
