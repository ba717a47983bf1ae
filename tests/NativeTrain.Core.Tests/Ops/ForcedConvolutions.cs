using System.Runtime.InteropServices;
using Xunit;

namespace NativeTrain.Core.Tests.Ops;

/// <summary>Chooses the convolutions of the native library (NATIVETRAIN_CONV) until disposed.</summary>
internal sealed partial class ForcedConvolutions : IDisposable
{
    private const string Variable = "NATIVETRAIN_CONV";
    private readonly string? before = Environment.GetEnvironmentVariable(Variable);

    public ForcedConvolutions(string implementation) => Set(implementation);

    public void Dispose() => Set(before ?? "");

    // .NET keeps its own copy of the environment, which native code does not see.
    private static void Set(string value) => Assert.Equal(0, SetEnvironment(Variable, value, 1));

    [LibraryImport("libc", EntryPoint = "setenv", StringMarshalling = StringMarshalling.Utf8)]
    [DefaultDllImportSearchPaths(DllImportSearchPath.SafeDirectories)]
    private static partial int SetEnvironment(string name, string value, int overwrite);
}

/// <summary>Tests that force an implementation run alone, since they change the process's environment.</summary>
[CollectionDefinition("convolutions", DisableParallelization = true)]
public sealed class ConvolutionTestGroup;
