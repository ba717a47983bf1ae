using Xunit;

namespace NativeTrain.Testing;

/// <summary>Finds the reference numbers and data sets that stand beside the repository (../shared).</summary>
public static class Shared
{
    /// <summary>The repository's root: the folder above the test binary that holds NativeTrain.sln.</summary>
    public static string Root { get; } = FindRoot();

    public static string? Folder { get; } = FindShared();

    /// <summary>Full path of a file under shared/; call it from a test marked <see cref="SharedFactAttribute"/>.</summary>
    public static string File(string relative) =>
        Path.Combine(Folder ?? throw new InvalidOperationException("this test needs ../shared"), relative);

    private static string FindRoot()
    {
        for (var d = new DirectoryInfo(AppContext.BaseDirectory); d is not null; d = d.Parent)
            if (System.IO.File.Exists(Path.Combine(d.FullName, "NativeTrain.sln")))
                return d.FullName;
        throw new InvalidOperationException("the tests must run from inside the repository");
    }

    private static string? FindShared()
    {
        string p = Path.GetFullPath(Path.Combine(FindRoot(), "..", "shared"));
        return Directory.Exists(p) ? p : null;
    }
}

/// <summary>A test that reads ../shared; skipped in a clone without it.</summary>
public sealed class SharedFactAttribute : FactAttribute
{
    public SharedFactAttribute()
    {
        if (Shared.Folder is null) Skip = "../shared is not here";
    }
}

/// <inheritdoc cref="SharedFactAttribute"/>
public sealed class SharedTheoryAttribute : TheoryAttribute
{
    public SharedTheoryAttribute()
    {
        if (Shared.Folder is null) Skip = "../shared is not here";
    }
}
