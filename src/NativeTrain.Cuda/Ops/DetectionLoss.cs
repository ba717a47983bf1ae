using NativeTrain.Core;

namespace NativeTrain.Cuda;

/// <summary>kernels/detection_assigner.cu and detection_loss.cu.</summary>
public sealed partial class CudaBackend
{
    /// <summary>Threads of a block of these kernels; of detection_claim; class logits that a block of detection_background takes; bytes of its Terms.</summary>
    private const int LossThreads = 256, ClaimThreads = 128, LogitsOfBlock = LossThreads * 16, TermsBytes = 32;

    public void DetectionLossForward(DetectionLossArgs args)
    {
        int n = args.Box[0].Shape[0], levels = args.Box.Count, targets = (int)args.Targets.Rows;
        long cells = args.Saved.Rows, blocks = CeilDivide(cells, LossThreads), backgroundBlocks = CeilDivide(args.Cls.Max(c => c.Count), LogitsOfBlock);

        var size = new Scratch();
        _ = new Assigner(args, size);
        size.Take(blocks * TermsBytes);
        size.Take(backgroundBlocks * levels * sizeof(double));
        var scratch = new Scratch(Workspace(size.Bytes));
        var assigner = new Assigner(args, scratch);
        nint terms = scratch.Take(blocks * TermsBytes), background = scratch.Take(backgroundBlocks * levels * sizeof(double));

        if (!naive && DetectionHead.Registers(args.Box, args.Options.RegMax)) LaunchWith("detection_assigner", "detection_boxes<16>", CeilDivide(cells * 4, LossThreads), LossThreads, assigner);
        else LaunchWith("detection_assigner", "detection_boxes_v1", blocks, LossThreads, assigner);
        if (targets > 0)
        {
            LaunchWith("detection_assigner", "detection_truths", CeilDivide(Math.Max(targets, n), ClaimThreads), ClaimThreads, assigner);
            LaunchWith("detection_assigner", "detection_claim", targets, ClaimThreads, args.Options.TopK * sizeof(ulong), assigner);
        }
        LaunchWith("detection_assigner", "detection_resolve", blocks, LossThreads, assigner);
        LaunchWith("detection_loss", "detection_scores", blocks, LossThreads, assigner, terms);
        LaunchWith("detection_loss", "detection_background", (backgroundBlocks, levels), LossThreads, assigner.Head, background);
        Launch("detection_loss", "detection_total", 1, LossThreads, terms, (int)blocks, background, (int)backgroundBlocks * levels,
            args.Options.BoxGain, args.Options.ClsGain, args.Options.DflGain, n, args.Items, args.Loss);
    }

    public void DetectionLossBackward(DetectionLossArgs args, Tensor dloss, IReadOnlyList<Tensor> boxGrad, IReadOnlyList<Tensor> clsGrad, bool accumulate)
    {
        if (!accumulate)
            foreach (var grad in boxGrad.Concat(clsGrad)) Zero(grad); // the kernels add
        int n = args.Box[0].Shape[0], nc = args.Cls[0].C;
        long cells = args.Saved.Rows, blocks = CeilDivide(cells, LossThreads);
        var head = new DetectionHead(args.Box, args.Cls, args.Strides, args.Options.RegMax, boxGrad, clsGrad);
        var size = new Scratch();
        size.Take(blocks * sizeof(double));
        size.Take(sizeof(float));
        var scratch = new Scratch(Workspace(size.Bytes));
        nint scores = scratch.Take(blocks * sizeof(double)), scale = scratch.Take(sizeof(float));

        Launch("detection_loss", "detection_score_sum", blocks, LossThreads, args.Saved, cells, scores);
        Launch("detection_loss", "detection_scale", 1, LossThreads, scores, (int)blocks, dloss, n, scale);
        int vector = args.Cls.Concat(clsGrad).All(t => nc % 4 == 0 && t.Pointer % 16 == 0) ? 4 : 1;
        LaunchWith("detection_loss", $"detection_class_backward<{vector}>", (Blocks(args.Cls.Max(c => c.Count) / vector).X, args.Cls.Count), LossThreads, head,
            args.Saved, scale, args.Options.ClsGain);
        LaunchWith("detection_loss", "detection_box_backward", CeilDivide(cells * 4, LossThreads), LossThreads, head, args.Saved, scale, args.Options.BoxGain, args.Options.DflGain);
    }
}
