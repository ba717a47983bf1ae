using System.Runtime.CompilerServices;
using Xunit;

namespace NativeTrain.Cli.Tests;

/// <summary>A test that starts several processes with mpirun.</summary>
internal sealed class MpiFactAttribute : FactAttribute
{
    public MpiFactAttribute([CallerFilePath] string? file = null, [CallerLineNumber] int line = -1) : base(file, line)
    {
        if (!Tool.HasMpi) Skip = "there is no MPI here (apt-get install libopenmpi-dev openmpi-bin, then build again)";
    }
}
