using System.Runtime.InteropServices;
using NativeTrain.Core;

namespace NativeTrain.Cuda;

/// <summary>kernels/detection_assigner.cuh: what the assigner works on.</summary>
[StructLayout(LayoutKind.Sequential)]
internal readonly struct Assigner
{
    private const int TruthBytes = 32, RangeBytes = 8, BoxBytes = 16;

    private readonly DetectionHead head;
    private readonly nint target, saved;
    private readonly nint truths, ofImage, predicted, angle, claims, claimant, winner, bestMetric, bestOverlap;
    private readonly int targets, topk;
    private readonly float alpha, beta;

    /// <param name="args">The loss's arguments.</param>
    /// <param name="scratch">Where its parts of the scratch memory are noted.</param>
    public Assigner(DetectionLossArgs args, Scratch scratch)
    {
        head = new DetectionHead(args.Box, args.Cls, args.Strides, args.Options.RegMax);
        target = args.Targets.Pointer;
        saved = args.Saved.Pointer;
        targets = (int)args.Targets.Rows;
        topk = args.Options.TopK;
        alpha = args.Options.Alpha;
        beta = args.Options.Beta;
        long cells = head.Pyramid.BatchCells;
        truths = scratch.Take(targets * TruthBytes);
        ofImage = scratch.Take(args.Box[0].Shape[0] * RangeBytes);
        predicted = scratch.Take(cells * BoxBytes);
        angle = scratch.Take(cells * sizeof(float));
        claims = scratch.Take(cells * sizeof(int));
        claimant = scratch.Take(cells * sizeof(int));
        winner = scratch.Take(cells * sizeof(int));
        bestMetric = scratch.Take(targets * sizeof(float));
        bestOverlap = scratch.Take(targets * sizeof(float));
    }

    public DetectionHead Head => head;
}
