using System.Runtime.CompilerServices;
using NativeTrain.Cuda.Bindings;
using Xunit;

namespace NativeTrain.Cuda.Tests.Convolutions;

/// <summary>A test that needs cuDNN: the emulator has it, a machine with a GPU may not.</summary>
internal sealed class CudnnFactAttribute : FactAttribute
{
    public CudnnFactAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1) : base(file, line)
    {
        Devices.Choose();
        if (!Libraries.Has(Libraries.Cudnn)) Skip = "cuDNN is not installed";
    }
}
