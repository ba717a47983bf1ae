using NativeTrain.Testing;
using Xunit;

namespace NativeTrain.Cli.Tests;

public class HelpTests
{
    private static Tool.Result Run(params string[] words) => Tool.Run(Shared.Root, words);

    [Theory]
    [InlineData]
    [InlineData("help")]
    [InlineData("--help")]
    [InlineData("-h")]
    public void OverviewNamesTheVerbs(params string[] words)
    {
        var r = Run(words);
        Expect.Success(r);
        foreach (string verb in new[] { "train", "val", "predict", "info", "data", "version" }) Assert.Contains($"nativetrain {verb}", r.Out);
    }

    [Theory]
    [InlineData("train", "close_mosaic")]
    [InlineData("val", "split")]
    [InlineData("predict", "source")]
    [InlineData("info", "nc")]
    [InlineData("data", "seed")]
    [InlineData("data", "json")]
    public void AVerbsHelpListsItsOptions(string verb, string option)
    {
        var r = Run(verb, "--help");
        Expect.Success(r);
        Assert.Contains(r.Out.Split('\n'), line => line.TrimStart().StartsWith(option + " ", StringComparison.Ordinal));
    }

    [Theory]
    [InlineData("train")]
    [InlineData("data")]
    [InlineData("data", "split")]
    public void HelpTakesAVerb(params string[] words)
    {
        var r = Run(["help", .. words]);
        Expect.Success(r);
        Assert.Equal(Run([.. words, "--help"]).Out, r.Out);
    }

    [Fact]
    public void HelpKnowsNoOtherVerb()
    {
        Expect.InputError(Run("help", "trian"), "'trian'", "'train'");
        Expect.InputError(Run("help", "data", "spilt"), "data spilt", "data split");
        Expect.InputError(Run("help", "train", "data"), "'data'", "train has no commands");
    }

    [Fact]
    public void VersionTakesNoOption() => Expect.InputError(Run("version", "data=set"), "unknown option 'data'");

    [Fact]
    public void DefaultsFollowTheVerb()
    {
        string Line(string verb) => Run(verb, "--help").Out.Split('\n').Single(l => l.TrimStart().StartsWith("conf ", StringComparison.Ordinal));
        Assert.Contains("0.001", Line("val"));
        Assert.Contains("0.25", Line("predict"));
    }

    [Fact]
    public void VersionIsOneLine() => Assert.Matches(@"^nativetrain \d+\.\d+\.\d+\n$", Run("version").Out);

    [Fact]
    public void OptionsPageIsCurrent()
    {
        string page = File.ReadAllText(Path.Combine(Shared.Root, "docs", "options.md"));
        Assert.True(page == Run("help", "--markdown").Out, "docs/options.md is old; write it anew: out/nativetrain help --markdown > docs/options.md");
    }
}
