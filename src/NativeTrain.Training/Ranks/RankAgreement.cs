using System.Security.Cryptography;
using System.Text;
using NativeTrain.Core;
using NativeTrain.Nn;
using NativeTrain.Vision.Models;

namespace NativeTrain.Training;

/// <summary>
/// Makes sure that the processes of a training are of one mind: at the start, that they run the same program with the same options on the
/// same data; and whenever something is saved, that they have the same weights, to the bit.
/// </summary>
internal static class RankAgreement
{
    /// <summary>Options that may differ from machine to machine.</summary>
    private static readonly string[] Own = ["device", "threads", "workers", "cache", "conv", "graphs", "verbose", "project", "resume"];

    /// <summary>Compares version, options and data set with rank 0's.</summary>
    /// <exception cref="InputException">A rank has another; every rank gets the same line.</exception>
    public static void Check(DataParallel ranks, TrainOptions options, DataSetFiles files)
    {
        if (ranks.IsAlone) return;
        var collectives = ranks.Collectives;
        var module = typeof(RankAgreement).Module;
        string[] mine =
        [
            $"version={typeof(RankAgreement).Assembly.GetName().Version} build {module.ModuleVersionId:N}",
            .. options.Values.Where(v => !Own.Contains(v.Name)).Select(v => $"{v.Name}={(v.Name == "data" ? Path.GetFileName(v.Value) : v.Value) ?? "none"}"),
            .. files.Entries.Select(e => $"files of {e.Name}={Digest(e.Bytes.Span)}"),
        ];
        var all = collectives.AllGather(Encoding.UTF8.GetBytes(string.Join('\n', mine))).Select(b => Encoding.UTF8.GetString(b).Split('\n')).ToList();
        for (int r = 1; r < all.Count; r++)
        {
            int i = Enumerable.Range(0, Math.Max(all[0].Length, all[r].Length)).FirstOrDefault(i => all[0].ElementAtOrDefault(i) != all[r].ElementAtOrDefault(i), -1);
            if (i >= 0)
                throw new InputException($"rank {r} on {collectives.Hosts[r]} has {all[r].ElementAtOrDefault(i) ?? "an option less"}, rank 0 on {collectives.Hosts[0]} {all[0].ElementAtOrDefault(i) ?? "an option less"}: all ranks must run the same program with the same options on the same data");
        }
        if (options.BatchShare is null && options.Batch < collectives.Size)
            throw new InputException($"batch={options.Batch}: {collectives.Size} ranks cannot share fewer images; batch= is of all ranks together");
    }

    /// <summary>Compares the weights, those that are trained and the averaged ones.</summary>
    /// <exception cref="InvalidOperationException">They differ: a mistake of this program, or of a machine.</exception>
    public static void CheckWeights(DataParallel ranks, IBackend backend, YoloModel model, Ema ema, int epochs, int step)
    {
        if (ranks.IsAlone) return;
        using var hash = IncrementalHash.CreateHash(HashAlgorithmName.SHA256);
        foreach (var (_, tensor) in model.NamedTensors().Concat(ema.Averages))
        {
            byte[] bytes = new byte[tensor.Bytes];
            backend.Download(tensor, bytes);
            hash.AppendData(bytes);
        }
        var all = ranks.Collectives.AllGather(hash.GetHashAndReset());
        for (int r = 1; r < all.Count; r++)
            if (!all[r].AsSpan().SequenceEqual(all[0]))
                throw new InvalidOperationException($"after epoch {epochs}, step {step} rank {r} on {ranks.Collectives.Hosts[r]} has other weights than rank 0 on {ranks.Collectives.Hosts[0]}; are their processors of one kind?");
    }

    private static string Digest(ReadOnlySpan<byte> bytes) => Convert.ToHexString(SHA256.HashData(bytes))[..16];
}
