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
        Assert.Equal((ExitCode.Input, "error: no memory for 5 MiB: lower batch"), Failure.Of(new InsufficientMemoryException("no memory for 5 MiB: lower batch")));

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
