using Xunit;

namespace NativeTrain.Cli.Tests;

/// <summary>What every refusal must look like.</summary>
internal static class Expect
{
    /// <summary>Exit code 2, and on the error output exactly one line, with these words in it and no stack trace.</summary>
    public static void InputError(Tool.Result result, params string[] words)
    {
        Assert.True(result.ExitCode == 2, $"exit code {result.ExitCode}\n{result.Out}{result.Error}");
        string line = Assert.Single(result.Error.Split('\n', StringSplitOptions.RemoveEmptyEntries));
        Assert.StartsWith("error: ", line);
        foreach (string word in words) Assert.Contains(word, line);
        Assert.DoesNotContain("   at ", result.Out + result.Error);
    }

    /// <summary>Exit code 0 and nothing on the error output.</summary>
    public static void Success(Tool.Result result) =>
        Assert.True(result.ExitCode == 0 && result.Error.Length == 0, $"exit code {result.ExitCode}\n{result.Out}{result.Error}");
}
