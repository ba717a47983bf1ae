using NativeTrain.Vision.Models;
using TorchSharp;
using static TorchSharp.torch;
using F = TorchSharp.torch.nn.functional;

namespace NativeTrain.Peers;

/// <summary>
/// A YOLO11 detector's forward pass in libtorch, in training mode: the graph is a <see cref="YoloSpec"/>'s, what is inside of the
/// blocks (../shared/spec: "Blocks") follows from the tensors' names and shapes. Maps are NCHW tensors in channels_last memory.
/// Where maps are bfloat16, convolutions and matrix products have bfloat16 weights made from the float32 ones, and batch norms float32
/// ones: the casts of torch.autocast("cpu"), written out, so that its dispatcher costs nothing.
/// </summary>
internal sealed class TorchModel(YoloSpec spec, TorchWeights weights, ScalarType type)
{
    private const double Eps = 1e-3, Momentum = 0.03;

    /// <param name="image">[N,3,H,W], 0…1, channels_last.</param>
    /// <returns>Logits of boxes [N,64,h,w] and of classes [N,nc,h,w], a level each.</returns>
    public (Tensor[] Box, Tensor[] Cls) Forward(Tensor image)
    {
        var maps = new Tensor[spec.Layers.Count];
        for (int i = 0; i < maps.Length - 1; i++)
        {
            int layer = i;
            Tensor[] from = [.. From(i).Select(f => f < 0 ? image : maps[f])];
            maps[i] = Keep(() => Layer(layer, from));
            foreach (int f in From(i).Where(f => f >= 0 && LastUse(f) == layer)) maps[f].Dispose();
        }
        return Detect($"model.{maps.Length - 1}", [.. From(maps.Length - 1).Select(f => maps[f])]);
    }

    private IEnumerable<int> From(int layer) => spec.Layers[layer].From.Select(f => f < 0 ? layer + f : f);
    private int LastUse(int layer) => Enumerable.Range(0, spec.Layers.Count).Last(user => From(user).Contains(layer));

    /// <summary>Runs a part of the pass and lets go of every tensor but its result, as a reference count would: what the way back needs, libtorch holds.</summary>
    private static Tensor Keep(Func<Tensor> part)
    {
        using var scope = NewDisposeScope();
        return part().MoveToOuterDisposeScope();
    }

    private Tensor Layer(int i, Tensor[] x)
    {
        string name = $"model.{i}";
        var layer = spec.Layers[i];
        return layer.Block switch
        {
            "Conv" => Conv(name, x[0], int.Parse(layer.Arguments[2])),
            "C3k2" => C3k2(name, x[0]),
            "SPPF" => Sppf(name, x[0], int.Parse(layer.Arguments[1])),
            "C2PSA" => C2Psa(name, x[0]),
            "Upsample" => F.interpolate(x[0], scale_factor: [2, 2], mode: InterpolationMode.Nearest),
            "Concat" => cat(x, 1),
            _ => throw new NotSupportedException($"the race's peer has no {layer.Block}"),
        };
    }

    /// <summary>A bare convolution, padding k/2; its groups follow from the weights.</summary>
    private Tensor Bare(string name, Tensor x, int stride = 1)
    {
        var w = weights[$"{name}.weight"];
        long k = w.shape[2], groups = x.shape[1] / w.shape[1];
        var bias = weights.Has($"{name}.bias") ? weights[$"{name}.bias"].to(type) : null;
        return F.conv2d(x, w.to(type), bias, [stride, stride], [k / 2, k / 2], [1, 1], groups);
    }

    private Tensor Conv(string name, Tensor x, int stride = 1, bool act = true) => Keep(() =>
    {
        var y = Keep(() => Bare($"{name}.conv", x, stride));
        y = F.batch_norm(y, weights[$"{name}.bn.running_mean"], weights[$"{name}.bn.running_var"], weights[$"{name}.bn.weight"], weights[$"{name}.bn.bias"],
            training: true, momentum: Momentum, eps: Eps);
        return act ? F.silu(y) : y;
    });

    private Tensor Bottleneck(string name, Tensor x)
    {
        var y = Conv($"{name}.cv2", Conv($"{name}.cv1", x));
        return y.shape[1] == x.shape[1] ? x + y : y;
    }

    private Tensor C3k(string name, Tensor x)
    {
        var y = Conv($"{name}.cv1", x);
        for (int i = 0; weights.Has($"{name}.m.{i}.cv1.conv.weight"); i++) y = Bottleneck($"{name}.m.{i}", y);
        return Conv($"{name}.cv3", cat([y, Conv($"{name}.cv2", x)], 1));
    }

    private Tensor C3k2(string name, Tensor x)
    {
        List<Tensor> pieces = [.. Conv($"{name}.cv1", x).chunk(2, 1)];
        for (int i = 0; weights.Has($"{name}.m.{i}.cv1.conv.weight"); i++)
        {
            string inner = $"{name}.m.{i}";
            pieces.Add(weights.Has($"{inner}.cv3.conv.weight") ? C3k(inner, pieces[^1]) : Bottleneck(inner, pieces[^1]));
        }
        return Conv($"{name}.cv2", cat(pieces, 1));
    }

    private Tensor Sppf(string name, Tensor x, int k)
    {
        List<Tensor> pieces = [Conv($"{name}.cv1", x)];
        for (int i = 0; i < 3; i++) pieces.Add(F.max_pool2d(pieces[^1], k, 1, k / 2));
        return Conv($"{name}.cv2", cat(pieces, 1));
    }

    private Tensor C2Psa(string name, Tensor x)
    {
        var halves = Conv($"{name}.cv1", x).chunk(2, 1);
        var b = halves[1];
        for (int i = 0; weights.Has($"{name}.m.{i}.attn.qkv.conv.weight"); i++)
        {
            b = b + Attention($"{name}.m.{i}.attn", b);
            b = b + Conv($"{name}.m.{i}.ffn.1", Conv($"{name}.m.{i}.ffn.0", b), act: false);
        }
        return Conv($"{name}.cv2", cat([halves[0], b], 1));
    }

    /// <summary>softmax(qᵀk/√d)·v over the cells, by heads; plus pe(v).</summary>
    private Tensor Attention(string name, Tensor x)
    {
        var (n, c, h, w) = (x.shape[0], x.shape[1], x.shape[2], x.shape[3]);
        long heads = Math.Max(c / 64, 1), head = c / heads, key = head / 2;
        var qkv = Conv($"{name}.qkv", x, act: false).reshape(n, heads, 2 * key + head, h * w).split([key, key, head], 2);
        var attention = (qkv[0].transpose(-2, -1).matmul(qkv[1]) * (1 / Math.Sqrt(key))).softmax(-1);
        var y = qkv[2].matmul(attention.transpose(-2, -1)).reshape(n, c, h, w);
        return Conv($"{name}.proj", y + Conv($"{name}.pe", qkv[2].reshape(n, c, h, w), act: false), act: false);
    }

    private (Tensor[] Box, Tensor[] Cls) Detect(string name, Tensor[] levels)
    {
        var box = new Tensor[levels.Length];
        var cls = new Tensor[levels.Length];
        for (int l = 0; l < levels.Length; l++)
        {
            string cv2 = $"{name}.cv2.{l}", cv3 = $"{name}.cv3.{l}";
            var x = levels[l];
            box[l] = Keep(() => Bare($"{cv2}.2", Conv($"{cv2}.1", Conv($"{cv2}.0", x))).to(ScalarType.Float32));
            cls[l] = Keep(() => Bare($"{cv3}.2", Conv($"{cv3}.1.1", Conv($"{cv3}.1.0", Conv($"{cv3}.0.1", Conv($"{cv3}.0.0", x))))).to(ScalarType.Float32));
        }
        return (box, cls);
    }
}
