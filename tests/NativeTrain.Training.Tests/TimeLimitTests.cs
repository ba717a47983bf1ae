using Xunit;

namespace NativeTrain.Training.Tests;

public class TimeLimitTests
{
    [Theory]
    [InlineData(1, 1, 10, 6)]     // ten minutes an epoch
    [InlineData(1, 1, 11, 5)]     // the sixth would not be done in time
    [InlineData(1, 4, 44, 5)]     // by the mean of four
    [InlineData(1, 5, 61, 5)]     // over it already
    [InlineData(0.1, 1, 60, 1)]   // at least one
    [InlineData(1, 1.5, 15, 6)]   // half of the second is done
    [InlineData(1, 1.5, 90, 2)]   // which is ended in any case
    public void AsManyEpochsAsFit(double hours, double done, double minutes, int epochs) =>
        Assert.Equal(epochs, new TimeLimit(hours).Epochs(done, TimeSpan.FromMinutes(minutes)));
}
