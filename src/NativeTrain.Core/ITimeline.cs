namespace NativeTrain.Core;

/// <summary>Notes what threads do from when to when. The spans of a thread nest: the last to begin is the first to end. Safe to call from several threads at once.</summary>
public interface ITimeline
{
    /// <summary>A span of the calling thread begins.</summary>
    /// <param name="category">What kind of work it is: "step", "loader", …</param>
    /// <param name="name">The work.</param>
    /// <param name="number">Which one of many (the image, the batch); −1: none.</param>
    /// <param name="file">The file it is about, or null.</param>
    void Begin(string category, string name, long number, string? file);

    /// <summary>The calling thread's innermost span ends.</summary>
    void End();
}

/// <summary>Spans that may have no timeline to stand on.</summary>
public static class TimelineSpans
{
    /// <summary>Notes a span of the calling thread, until the value returned is disposed; without a timeline it does nothing.</summary>
    /// <inheritdoc cref="ITimeline.Begin"/>
    public static TimelineSpan Span(this ITimeline? timeline, string category, string name, long number = -1, string? file = null)
    {
        timeline?.Begin(category, name, number, file);
        return new TimelineSpan(timeline);
    }
}

/// <summary>See <see cref="TimelineSpans.Span"/>.</summary>
public readonly struct TimelineSpan : IDisposable
{
    private readonly ITimeline? timeline;

    internal TimelineSpan(ITimeline? timeline) => this.timeline = timeline;

    public void Dispose() => timeline?.End();
}
