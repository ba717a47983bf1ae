using System.Diagnostics;
using NativeTrain.Core;
using Xunit;

namespace NativeTrain.Testing.Fuzz;

/// <summary>
/// Runs a reader on damaged files. It may succeed or throw an <see cref="InputException"/> of one line; it may not throw
/// anything else, hang, or allocate out of proportion to the file. NATIVETRAIN_FUZZ=N makes N times as many cases.
/// </summary>
public static class FuzzRun
{
    private static readonly int Times = int.TryParse(Environment.GetEnvironmentVariable("NATIVETRAIN_FUZZ"), out int n) && n > 0 ? n : 1;

    /// <summary>Long for any case here, on a machine that does other things too.</summary>
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(10);

    /// <param name="originals">Whole files to damage.</param>
    /// <param name="cases">How many damaged files, each of the originals in turn.</param>
    /// <param name="read">The reader. It gets the damaged file and its path, which holds it.</param>
    /// <param name="path">Where the damaged files are written.</param>
    /// <param name="bound">Most bytes that reading a file of so many bytes may allocate.</param>
    /// <param name="damage">Makes a damaged file of an original; null: <see cref="Mutator"/> on its bytes.</param>
    /// <returns>How many cases were refused.</returns>
    public static int Run(IReadOnlyList<byte[]> originals, int cases, string path, Action<string> read, Func<long, long> bound, Func<Mutator, byte[], byte[]>? damage = null)
    {
        ArgumentNullException.ThrowIfNull(originals);
        ArgumentNullException.ThrowIfNull(read);
        ArgumentNullException.ThrowIfNull(bound);
        int refused = 0;
        for (int i = 0; i < cases * Times; i++)
        {
            var mutator = new Mutator(seed: i);
            byte[] original = originals[i % originals.Count];
            byte[] damaged = damage is null ? mutator.Mutate(original) : damage(mutator, original);
            File.WriteAllBytes(path, damaged);
            long before = GC.GetAllocatedBytesForCurrentThread();
            var clock = Stopwatch.StartNew();
            try
            {
                read(path);
            }
            catch (InputException e)
            {
                refused++;
                Assert.False(e.Message.Any(c => c is '\n' or '\r'), $"case {i}: more than one line: {e.Message}");
            }
            catch (Exception e)
            {
                Assert.Fail($"case {i}: {e.GetType().Name} instead of an InputException: {e}");
            }
            long allocated = GC.GetAllocatedBytesForCurrentThread() - before;
            Assert.True(clock.Elapsed < Patience, $"case {i} took {clock.Elapsed}");
            Assert.True(allocated <= bound(damaged.Length), $"case {i}: {allocated} bytes allocated to read a file of {damaged.Length}");
        }
        return refused;
    }
}
