using NativeTrain.Core;
using NativeTrain.Testing;
using NativeTrain.Vision.Data.Converting;
using Xunit;

namespace NativeTrain.Vision.Tests.Data.Converting;

public sealed class VocFolderTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public VocFolderTests()
    {
        foreach (string name in new[] { "a", "b" })
            File.WriteAllBytes(folder.Nested($"pictures/{name}.png"), TestPictures.Png(TestPictures.Noise(20, 40, name[0])));
    }

    public void Dispose() => folder.Dispose();

    [Fact]
    public void CornersCountFromOneAndBothBelong()
    {
        Write("a", Object("dog", 1, 1, 40, 20) + Object("cat", 11, 6, 20, 15) + Object("dog", 3, 3, 4, 4, "<difficult>1</difficult>"));
        var set = Read();
        Assert.Equal(["cat", "dog"], set.Names);
        Assert.Equal(1, set.LeftOut["objects marked difficult"]);
        Assert.Equal((2, 0), YoloLayout.Write(folder.File("set"), "train", set));
        Assert.Equal("1 0.5 0.5 1 1\n0 0.375 0.5 0.25 0.5\n", File.ReadAllText(folder.File("set/labels/train/a.txt")));
    }

    [Fact]
    public void TheAnnotationsOwnNameFindsTheImageToo()
    {
        folder.Write("xml/b.xml", $"<annotation><filename>other.jpg</filename>{Object("dog", 1, 1, 5, 5)}</annotation>");
        Assert.EndsWith("b.png", Assert.Single(Read().Images).Path);
    }

    /// <summary>A document type could fetch a file of the machine into the text, or grow without end.</summary>
    [Theory]
    [InlineData("""<!DOCTYPE annotation [<!ENTITY f SYSTEM "file:///etc/passwd">]><annotation><filename>&f;</filename></annotation>""")]
    [InlineData("""<!DOCTYPE annotation [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;">]><annotation><filename>&b;</filename></annotation>""")]
    public void ADocumentTypeIsRefused(string xml) => Refused(xml, "a.xml:1", "DTD");

    [Theory]
    [InlineData("<annotation>\n<object>\n", "a.xml:3")]
    [InlineData("", "a.xml")]
    [InlineData("<html/>", "a.xml:1", "<html>")]
    [InlineData("<annotation><filename>a.png</filename>\n<object><bndbox/></object></annotation>", "a.xml:2", "<name>")]
    [InlineData("<annotation><filename>a.png</filename>\n<object><name>x</name></object></annotation>", "a.xml:2", "<bndbox>")]
    [InlineData("<annotation><filename>a.png</filename><object><name>x</name>\n<bndbox><xmin>1</xmin><ymin>two</ymin><xmax>3</xmax><ymax>4</ymax></bndbox></object></annotation>", "a.xml:2", "<ymin>")]
    [InlineData("<annotation><filename>../../secret.png</filename></annotation>", "a.xml:1", "leads out")]
    public void WhatIsWrongIsToldWithItsLine(string xml, params string[] said) => Refused(xml, said);

    [Fact]
    public void FoldersThatHoldNothingAreRefused()
    {
        Assert.Contains("no such folder", Assert.Throws<InputException>(Read).Message);
        folder.Write("xml/readme.md", "");
        Assert.Contains(".xml", Assert.Throws<InputException>(Read).Message);
    }

    private void Refused(string xml, params string[] said)
    {
        folder.Write("xml/a.xml", xml);
        string message = Assert.Throws<InputException>(Read).Message;
        Assert.All(said, s => Assert.Contains(s, message));
    }

    private void Write(string name, string objects) => folder.Write($"xml/{name}.xml", $"<annotation><filename>{name}.png</filename>{objects}</annotation>");

    private static string Object(string name, int x1, int y1, int x2, int y2, string more = "") =>
        $"<object><name> {name}</name>{more}<bndbox><xmin>{x1}</xmin><ymin>{y1}</ymin><xmax>{x2}</xmax><ymax>{y2}.0</ymax></bndbox></object>";

    private ForeignSet Read() => VocFolder.Read(folder.File("xml"), folder.File("pictures"));
}
