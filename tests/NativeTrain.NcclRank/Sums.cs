using NativeTrain.Core;
using NativeTrain.Cuda;
using static NativeTrain.NcclRank.Numbers;

namespace NativeTrain.NcclRank;

/// <summary>What NCCL adds up, gathers and broadcasts, against what each rank can work out by itself.</summary>
internal static class Sums
{
    /// <summary>Few, and more than a piece of the emulator's.</summary>
    private static readonly int[] Counts = [1, 7, 1000, 300_001];

    public static void Run(FolderControl control, CudaBackend backend, string scenario)
    {
        using var nccl = new NcclCollectives(control, backend, line => throw new WrongException(line));
        switch (scenario)
        {
            case "sums": Reduce(nccl, backend); break;
            case "gathers": Gather(nccl, backend); break;
            case "beside": Beside(nccl, backend); break;
            case "recorded": Recorded(nccl, backend); break;
            default: throw new WrongException($"no scenario {scenario}");
        }
        nccl.Barrier();
    }

    /// <summary>Tensors of one group; in the emulator rank by rank, to the bit.</summary>
    private static void Reduce(NcclCollectives nccl, CudaBackend backend)
    {
        foreach (var type in (DType[])[DType.F32, DType.F16, DType.BF16])
        {
            var tensors = Counts.Select((count, n) => ToDevice(backend, Of(nccl.Rank, n, count), type)).ToList();
            nccl.StartAllReduce(backend, tensors).Wait();
            double tolerance = type == DType.F32 ? CudaDevice.Emulated ? 0 : 1e-6 : type == DType.F16 ? 4e-3 : 3e-2; // inputs and sum rounded to 11 or 8 bits
            for (int n = 0; n < Counts.Length; n++)
            {
                Require($"sum {n} in {type}", Sum(nccl.Size, n, Counts[n]), ToHost(backend, tensors[n]), tolerance * nccl.Size);
                tensors[n].Dispose();
            }
        }
    }

    private static void Gather(NcclCollectives nccl, CudaBackend backend)
    {
        for (int n = 0; n < Counts.Length; n++)
        {
            using var part = ToDevice(backend, Of(nccl.Rank, n, Counts[n]));
            using var all = Tensor.Create(backend, new Shape(nccl.Size * Counts[n], 1));
            nccl.AllGather(backend, part, all);
            Require($"gather {n}", [.. Enumerable.Range(0, nccl.Size).SelectMany(r => Of(r, n, Counts[n]))], ToHost(backend, all));
            int root = nccl.Size - 1;
            nccl.Broadcast(part, root);
            Require($"broadcast {n}", Of(root, n, Counts[n]), ToHost(backend, part));
        }
    }

    /// <summary>Sums that are under way while others are gathered, waited for in another order, with work of the compute stream before and behind; no host waits in between.</summary>
    private static void Beside(NcclCollectives nccl, CudaBackend backend)
    {
        const int count = 5000;
        for (int round = 0; round < 10; round++)
        {
            using Tensor a = ToDevice(backend, Of(nccl.Rank, 0, count)), b = ToDevice(backend, Of(nccl.Rank, 1, count)), part = ToDevice(backend, Of(nccl.Rank, 2, count));
            using var all = Tensor.Create(backend, new Shape(nccl.Size * count, 1));
            backend.Add(a, a, a);
            var first = nccl.StartAllReduce(backend, [a]);
            backend.Add(b, b, b);
            var second = nccl.StartAllReduce(backend, [b]);
            backend.Add(part, part, part);
            nccl.AllGather(backend, part, all);
            backend.Fill(part, 0);
            second.Wait();
            first.Wait();
            backend.Add(a, b, b);
            // One rank's host waits for its device first, the others' for the ranks: their devices must go on by themselves.
            if (nccl.Rank == 0) backend.Synchronize();
            nccl.Barrier();
            float[] twiceA = [.. Sum(nccl.Size, 0, count).Select(v => 2 * v)];
            Require("first sum", twiceA, ToHost(backend, a), 1e-6);
            Require("both sums", [.. Sum(nccl.Size, 1, count).Zip(twiceA, (u, v) => 2 * u + v)], ToHost(backend, b), 1e-6);
            Require("gathered beside sums", [.. Enumerable.Range(0, nccl.Size).SelectMany(r => Of(r, 2, count)).Select(v => 2 * v)], ToHost(backend, all));
        }
    }

    /// <summary>Operations in a CUDA graph, as batch norm over all ranks puts them there, replayed with other numbers.</summary>
    private static void Recorded(NcclCollectives nccl, CudaBackend backend)
    {
        const int count = 3000;
        using Tensor a = Tensor.Create(backend, new Shape(count, 1)), all = Tensor.Create(backend, new Shape(nccl.Size * count, 1));
        using var replay = backend.Record(() =>
        {
            backend.Add(a, a, a);
            nccl.AllGather(backend, a, all);
            nccl.StartAllReduce(backend, [a]).Wait();
            backend.Add(a, a, a);
        });
        for (int n = 0; n < 3; n++)
        {
            using (var numbers = ToDevice(backend, Of(nccl.Rank, n, count))) backend.Copy(numbers, a, accumulate: false);
            replay.Run();
            Require($"replay {n}, gathered", [.. Enumerable.Range(0, nccl.Size).SelectMany(r => Of(r, n, count)).Select(v => 2 * v)], ToHost(backend, all));
            Require($"replay {n}, summed", [.. Sum(nccl.Size, n, count).Select(v => 4 * v)], ToHost(backend, a), 1e-5);
        }
    }

    private static float[] Sum(int ranks, int n, int count)
    {
        float[] sum = Of(0, n, count);
        for (int r = 1; r < ranks; r++)
        {
            float[] part = Of(r, n, count);
            for (int i = 0; i < count; i++) sum[i] += part[i];
        }
        return sum;
    }
}
