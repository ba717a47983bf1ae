using System.Text.RegularExpressions;
using NativeTrain.Testing;
using Xunit;

namespace NativeTrain.Core.Tests;

/// <summary>The pages for people point at files of this repository: all of them are there, and their headings too.</summary>
public partial class DocumentLinksTests
{
    /// <summary>Paths from the root.</summary>
    public static TheoryData<string> Pages =>
    [
        "README.md", Path.Combine("bench", "README.md"), Path.Combine("native", "cpu", "README.md"),
        .. Directory.GetFiles(Path.Combine(Shared.Root, "docs"), "*.md").Select(f => Path.GetRelativePath(Shared.Root, f)).Order(),
    ];

    [Theory, MemberData(nameof(Pages))]
    public void EveryLinkLeadsSomewhere(string page)
    {
        string path = Path.Combine(Shared.Root, page), folder = Path.GetDirectoryName(path)!;
        var links = Link().Matches(CodeBlock().Replace(File.ReadAllText(path), "")).Where(m => !m.Groups["to"].Value.Contains(':')).ToArray();
        Assert.All(links, link =>
        {
            string to = link.Groups["to"].Value, file = to.Length == 0 ? path : Path.GetFullPath(Path.Combine(folder, to));
            Assert.True(File.Exists(file) || Directory.Exists(file), $"{page}: {link.Value} leads nowhere");
            if (link.Groups["heading"] is { Success: true } heading)
                Assert.True(Anchors(file).Contains(heading.Value), $"{page}: {link.Value}: there is no such heading");
        });
    }

    [Fact]
    public void ALinkThatLeadsNowhereIsSeen()
    {
        string[] found = [.. Link().Matches("see [a](b.md#c-d), ![p](images/p.jpg) and [web](https://example.org)").Select(m => m.Groups["to"].Value)];
        Assert.Equal(["b.md", "images/p.jpg", "https://example.org"], found);
        Assert.Equal("see ", CodeBlock().Replace("see ```sh\n[a](b)\n```", ""));
    }

    /// <summary>A heading's name in links: small letters, blanks as dashes, without punctuation.</summary>
    private static HashSet<string> Anchors(string file) =>
        [.. Heading().Matches(CodeBlock().Replace(File.ReadAllText(file), "")).Select(m => Punctuation().Replace(m.Groups[1].Value.Trim().ToLowerInvariant(), "").Replace(' ', '-'))];

    [GeneratedRegex(@"\]\((?<to>[^)#\s]*)(#(?<heading>[^)\s]*))?\)")]
    private static partial Regex Link();

    [GeneratedRegex("```.*?```", RegexOptions.Singleline)]
    private static partial Regex CodeBlock();

    [GeneratedRegex("^#+ (.*)$", RegexOptions.Multiline)]
    private static partial Regex Heading();

    [GeneratedRegex(@"[^\w\- ]")]
    private static partial Regex Punctuation();
}
