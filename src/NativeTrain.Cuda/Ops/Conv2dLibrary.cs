using System.Globalization;
using NativeTrain.Core;
using NativeTrain.Cuda.Convolutions;
using NativeTrain.Cuda.Kernels;

namespace NativeTrain.Cuda;

/// <summary>cuDNN's convolutions alone, to be compared with: of the type's weights, in the layout that ours have.</summary>
public sealed partial class CudaBackend : ILibraryConvolutions
{
    /// <summary>Opened for the comparison where convolutions are not cuDNN's (conv=native).</summary>
    private CudnnConvolutions? compared;

    public string LibraryName => "cuDNN";

    public ILibraryConvolution? OpenLibrary(in Conv2dShape shape, int pass, DType type, bool anyLayout)
    {
        // The emulator's is there to be called, not to be timed.
        var library = cudnn ?? (CudaDevice.Emulated ? null : compared ??= OpenCudnn(ConvLibrary.Auto, new KernelSources()));
        if (library is null || anyLayout) return null;
        var alone = new CudnnAlone(this, library, new ConvKey((ConvPass)pass, type, shape));
        if (alone.Find()) return alone;
        alone.Dispose();
        return null;
    }

    private sealed class CudnnAlone(CudaBackend backend, CudnnConvolutions library, ConvKey key) : ILibraryConvolution
    {
        private readonly Tensor x = Noise(backend, new Shape(key.Shape.N, key.Shape.H, key.Shape.W, key.Shape.IC), key.Type);
        private readonly Tensor w = Noise(backend, new Shape(key.Shape.OC, key.Shape.KH, key.Shape.KW, key.Shape.IC / key.Shape.Groups), key.Type);
        private readonly Tensor y = Noise(backend, new Shape(key.Shape.N, key.Shape.OH, key.Shape.OW, key.Shape.OC), key.Type);
        private CudnnAlgorithm algorithm;

        public string Name => string.Create(CultureInfo.InvariantCulture, $"algorithm {algorithm.Number}");

        /// <summary>False: cuDNN has no algorithm for it.</summary>
        public bool Find()
        {
            if (library.FastestOf(key, Run) is not { } found) return false;
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
            library.Of(key).Run(key.Pass, by, map.Pointer, other.Pointer, result.Pointer, accumulate: false, backend.Workspace(by.Workspace));
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
            using var wide = new HostTensor(shape, values).Upload(backend);
            backend.Copy(wide, t, accumulate: false);
            return t;
        }
    }
}
