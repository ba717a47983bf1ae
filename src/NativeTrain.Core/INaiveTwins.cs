namespace NativeTrain.Core;

/// <summary>
/// A backend that has beside its fast kernels naive ones (_v1), which compute as the formula reads: to learn from, and to see what
/// the fast ones gain.
/// </summary>
public interface INaiveTwins
{
    /// <summary>Makes calls, with naive kernels wherever there are some.</summary>
    void Naively(Action calls);

    /// <summary>The naive kernels that would compute what other kernels compute in these calls (which are made, twice); empty: there are none.</summary>
    IReadOnlyList<string> NaiveTwins(Action calls);
}
