using NativeTrain.Core;
using NativeTrain.Cuda;
using NativeTrain.Mpi;

namespace NativeTrain.Cli;

/// <summary>What the user is told of an exception: one line and an exit code.</summary>
internal static class Failure
{
    /// <summary>The exit code, and the line for the error output (null: none, it was an interrupt).</summary>
    public static (int Code, string? Line) Of(Exception e)
    {
        // A failed loader thread or task arrives wrapped; where several failed, the first one tells enough.
        while (e is AggregateException { InnerExceptions: [var inner, ..] }) e = inner;
        return e switch
        {
            OperationCanceledException => (ExitCode.Interrupted, null),
            InputException => (ExitCode.Input, $"error: {OneLine(e.Message)}"),
            IOException or UnauthorizedAccessException => (ExitCode.Input, $"error: {OneLine(e.Message)}"), // a full disk, a folder that may not be written
            OutOfDeviceMemoryException => (ExitCode.Input, $"error: {OneLine(e.Message)}"), // of the tensors' allocator, which says how much it wanted
            OutOfMemoryException => (ExitCode.Input, "error: out of memory; try a smaller batch= or imgsz="),
            MpiException => (ExitCode.RankLost, $"error: {OneLine(e.Message)}: a rank or the network was lost; go on with train resume=RUN"),
            DeviceException => (ExitCode.Internal, $"error: {OneLine(e.Message)}"), // of the driver or a kernel: it names the call
            _ => (ExitCode.Internal, $"internal error: {OneLine(e.Message)} (set NATIVETRAIN_TRACE=1 to see where)"),
        };
    }

    private static string OneLine(string message) => message.ReplaceLineEndings(" ").Trim();
}
