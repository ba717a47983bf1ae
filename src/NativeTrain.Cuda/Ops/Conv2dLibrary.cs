using System.Globalization;
using System.Runtime.InteropServices;
using NativeTrain.Core;
using NativeTrain.Cuda.Convolutions;

namespace NativeTrain.Cuda;

/// <summary>cuDNN's convolutions alone, to be compared with: of the type's weights, in the layout that ours have.</summary>
public sealed partial class CudaBackend : ILibraryConvolutions
{
    public string LibraryName => "cuDNN";

    public ILibraryConvolution? OpenLibrary(in Conv2dShape shape, int pass, DType type, bool anyLayout)
    {
        if (cudnn is null || anyLayout) return null;
        var alone = new CudnnAlone(this, new ConvKey((ConvPass)pass, type, shape));
        if (alone.Find(cudnn)) return alone;
        alone.Dispose();
        return null;
    }

    private sealed class CudnnAlone(CudaBackend backend, ConvKey key) : ILibraryConvolution
    {
        private readonly Tensor x = Noise(backend, new Shape(key.Shape.N, key.Shape.H, key.Shape.W, key.Shape.IC), key.Type);
        private readonly Tensor w = Noise(backend, new Shape(key.Shape.OC, key.Shape.KH, key.Shape.KW, key.Shape.IC / key.Shape.Groups), key.Type);
        private readonly Tensor y = Noise(backend, new Shape(key.Shape.N, key.Shape.OH, key.Shape.OW, key.Shape.OC), key.Type);
        private CudnnAlgorithm algorithm;

        public string Name => string.Create(CultureInfo.InvariantCulture, $"algorithm {algorithm.Number}");

        /// <summary>False: cuDNN has no algorithm for it.</summary>
        public bool Find(CudnnConvolutions cudnn)
        {
            if (cudnn.FastestOf(key, Run) is not { } found) return false;
            algorithm = found;
            return true;
        }

        public void Run() => Run(algorithm);

        private void Run(CudnnAlgorithm by)
        {
            var (map, other, result) = key.Pass switch
            {
                ConvPass.Forward => (x, w, y),
                ConvPass.BackwardData => (y, w, x),
                _ => (x, y, w),
            };
            backend.TimedCudnn(key, by, map.Pointer, other.Pointer, result.Pointer, accumulate: false, backend.Workspace(by.Workspace));
        }

        public void Dispose()
        {
            x.Dispose();
            w.Dispose();
            y.Dispose();
        }

        private static Tensor Noise(CudaBackend backend, Shape shape, DType type)
        {
            var random = new Random(0);
            float[] values = [.. Enumerable.Range(0, checked((int)shape.Count)).Select(_ => 2 * random.NextSingle() - 1)];
            var t = Tensor.Create(backend, shape, type);
            using var wide = Tensor.Create(backend, shape);
            backend.Upload(MemoryMarshal.AsBytes(values.AsSpan()), wide);
            backend.Copy(wide, t, accumulate: false);
            return t;
        }
    }
}
