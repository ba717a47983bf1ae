using NativeTrain.Core;
using NativeTrain.Testing;
using Xunit;

namespace NativeTrain.Core.Tests;

public class AtomicFileTests
{
    [Fact]
    public void Writes_into_a_new_folder_and_replaces_what_is_there()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File(Path.Combine("a", "b", "text"));
        AtomicFile.WriteText(path, "first");
        AtomicFile.WriteText(path, "é");
        Assert.Equal([0xC3, 0xA9], File.ReadAllBytes(path)); // UTF-8 without a byte order mark
    }

    [Theory]
    [InlineData('x', 255)]
    [InlineData('é', 127)]
    public void The_longest_name_that_a_file_can_have_is_written(char letter, int length)
    {
        using var folder = new TemporaryFolder();
        string path = folder.File(new string(letter, length));
        AtomicFile.WriteText(path, "content");
        Assert.Equal("content", File.ReadAllText(path));
        Assert.Equal([path], Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void A_link_stays_one_and_what_it_leads_to_is_written()
    {
        using var folder = new TemporaryFolder();
        string target = folder.File(Path.Combine("elsewhere", "text")), link = folder.File("link");
        File.CreateSymbolicLink(link, target);
        foreach (string content in new[] { "first", "second" }) // where the link leads nowhere yet, and to a file
        {
            AtomicFile.WriteText(link, content);
            Assert.Equal(content, File.ReadAllText(target));
            Assert.Equal(target, new FileInfo(link).LinkTarget);
        }
    }

    [Fact]
    public void A_device_is_written_to_and_stays_one()
    {
        if (!File.Exists("/dev/full")) return; // which has no room for anything
        var error = Assert.Throws<InputException>(() => AtomicFile.WriteText("/dev/full", "x"));
        Assert.Contains("/dev/full: cannot be written", error.Message);
        Assert.Throws<IOException>(() => File.WriteAllText("/dev/full", "x"));
    }

    [Fact]
    public void A_write_that_fails_leaves_the_old_file_and_nothing_else()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("text");
        AtomicFile.WriteText(path, "old");

        Assert.Throws<InvalidOperationException>(() => AtomicFile.Write(path, stream =>
        {
            stream.WriteByte(1);
            throw new InvalidOperationException();
        }));
        Assert.Equal("old", File.ReadAllText(path));
        Assert.Equal([path], Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void A_full_disk_is_one_line_that_names_the_file()
    {
        using var folder = new TemporaryFolder();
        string path = folder.File("text");
        var error = Assert.Throws<InputException>(() => AtomicFile.Write(path, _ => throw new IOException("No space left on device")));
        Assert.Contains(path, error.Message);
        Assert.Contains("No space left on device", error.Message);
        Assert.Empty(Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void The_names_in_a_folder_are_flushed_and_a_folder_that_is_none_is_not()
    {
        using var folder = new TemporaryFolder();
        AtomicFile.WriteText(folder.File("text"), "x");
        Assert.Equal(OperatingSystem.IsLinux(), FolderEntries.Flush(folder.Path));
        Assert.False(FolderEntries.Flush(folder.File("absent")));
        Assert.False(FolderEntries.Flush(folder.File("text")));
    }

    [Fact]
    public void A_folder_whose_names_cannot_be_flushed_is_written_to_all_the_same()
    {
        if (OperatingSystem.IsWindows()) return;
        using var folder = new TemporaryFolder();
        var mode = File.GetUnixFileMode(folder.Path);
        File.SetUnixFileMode(folder.Path, UnixFileMode.UserWrite | UnixFileMode.UserExecute);
        try { AtomicFile.WriteText(folder.File("text"), "x"); }
        finally { File.SetUnixFileMode(folder.Path, mode); }
        Assert.Equal("x", File.ReadAllText(folder.File("text")));
    }
}
