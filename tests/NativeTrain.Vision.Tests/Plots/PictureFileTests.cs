using NativeTrain.Core;
using NativeTrain.Testing;
using NativeTrain.Vision.Plots;
using Xunit;

namespace NativeTrain.Vision.Tests.Plots;

public class PictureFileTests
{
    [Theory]
    [InlineData("a.png", 0)]
    [InlineData("b.jpg", 3)]
    [InlineData("c.JPEG", 3)]
    public void Is_read_back_as_it_was(string name, int tolerance)
    {
        using var folder = new TemporaryFolder();
        string path = folder.File(Path.Combine("new", "folders", name));
        PictureFile.Write(path, Picture.Filled(17, 33, 200, 100, 50));

        var read = Picture.Decode(path);
        Assert.Equal((17, 33), (read.Height, read.Width));
        Assert.Equal(17 * 33, read.Count((200, 100, 50), tolerance));
        Assert.Equal([path], Directory.GetFiles(Path.GetDirectoryName(path)!)); // no temporary file is left
    }

    [Fact]
    public void Replaces_an_older_file()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("a.png");
        PictureFile.Write(path, Picture.Filled(4, 4, 1, 1, 1));
        PictureFile.Write(path, Picture.Filled(5, 6, 2, 2, 2));
        Assert.Equal(30, Picture.Decode(path).Count((2, 2, 2)));
    }

    [Fact]
    public void Another_ending_is_refused_in_one_line()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("a.gif");
        var error = Assert.Throws<InputException>(() => PictureFile.Write(path, Picture.Filled(4, 4, 1, 1, 1)));
        Assert.Contains(path, error.Message);
        Assert.DoesNotContain('\n', error.Message);
        Assert.False(File.Exists(path));
    }

    [Fact]
    public void A_folder_that_cannot_be_written_to_is_named_and_nothing_is_left()
    {
        using var folder = new TemporaryFolder();
        File.WriteAllText(folder.File("file"), "");
        string path = folder.File(Path.Combine("file", "a.png")); // a file stands where the folder should be
        var error = Assert.Throws<InputException>(() => PictureFile.Write(path, Picture.Filled(4, 4, 1, 1, 1)));
        Assert.Contains(path, error.Message);
        Assert.Equal([folder.File("file")], Directory.GetFileSystemEntries(folder.Path));
    }
}
