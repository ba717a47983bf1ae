using NativeTrain.Core;
using Xunit;

namespace NativeTrain.Cli.Tests;

/// <summary>The line and the exit code that an exception becomes.</summary>
public class FailureTests
{
    [Fact]
    public void WrappedFailuresTellOfTheFirst()
    {
        var wrapped = new AggregateException(new AggregateException(new InputException("a.jpg: bad"), new InputException("b.jpg: bad")), new InvalidOperationException("c"));
        Assert.Equal((ExitCode.Input, "error: a.jpg: bad"), Failure.Of(wrapped));
    }

    [Fact]
    public void TheAllocatorsOwnWordsReachTheUser() =>
        Assert.Equal((ExitCode.Input, "error: out of memory: 5.0 MiB more are needed, tensors hold 2.0 MiB, 1 MiB is free; lower batch or imgsz, or take a smaller model"),
            Failure.Of(new OutOfDeviceMemoryException(5 << 20, 2 << 20, "1 MiB is free")));

    [Fact]
    public void AMistakeOfTheProgramIsOneLineToo()
    {
        var (code, line) = Failure.Of(new InvalidOperationException("first\nsecond"));
        Assert.Equal(ExitCode.Internal, code);
        Assert.StartsWith("internal error: first second", line);
    }

    [Fact]
    public void AnInterruptSaysNothing() => Assert.Equal((ExitCode.Interrupted, null), Failure.Of(new OperationCanceledException()));
}
