using System.Buffers.Binary;
using System.Text;
using Google.Protobuf;
using NativeTrain.Core;
using NativeTrain.Nn;
using NativeTrain.Testing;
using Xunit;

namespace NativeTrain.Training.Tests;

public sealed class TensorBoardWriterTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    [Fact]
    public void WhatWasWrittenIsReadBack()
    {
        using var writer = new TensorBoardWriter(folder.Path);
        writer.Append(1, [("train/box_loss", 1.25), ("lr/pg0", 0.001)]);
        writer.Append(2, [("train/box_loss", 0.75)]);

        // The writer is still open: a reader sees every epoch at once.
        var events = Read(writer.Path);
        Assert.Equal("brain.Event:2", events[0].Version);
        Assert.Equal([0L, 1, 2], events.Select(e => e.Step));
        Assert.Equal([("train/box_loss", 1.25f), ("lr/pg0", 0.001f)], events[1].Values);
        Assert.Equal([("train/box_loss", 0.75f)], events[2].Values);
        Assert.All(events, e => Assert.InRange(DateTimeOffset.UtcNow.ToUnixTimeSeconds() - e.Time, -1, 60));
    }

    [Fact]
    public void AResumedRunAddsAFile()
    {
        using (var first = new TensorBoardWriter(folder.Path)) first.Append(1, [("a", 1)]);
        using (var second = new TensorBoardWriter(folder.Path)) second.Append(2, [("a", 2)]);
        string[] files = Directory.GetFiles(folder.Path, "events.out.tfevents.*");
        Assert.Equal(2, files.Length);
        Assert.Equal([1f, 2f], files.SelectMany(Read).SelectMany(e => e.Values).Select(v => v.Value).Order());
    }

    [Fact]
    public void AFolderThatIsNotThereIsOneClearLine() =>
        Assert.Contains("cannot be written", Assert.Throws<InputException>(() => new TensorBoardWriter(folder.File("no/such"))).Message);

    /// <summary>RFC 3720, B.4: CRC-32C of 32 zeros is 0x8a9136aa, of the bytes 0 to 31 0x46dd794e; then masked.</summary>
    [Theory]
    [InlineData(false, 0x8a9136aau)]
    [InlineData(true, 0x46dd794eu)]
    public void TheChecksumIsTheStandards(bool rising, uint crc)
    {
        byte[] data = [.. Enumerable.Range(0, 32).Select(i => (byte)(rising ? i : 0))];
        Assert.Equal(((crc >> 15) | (crc << 17)) + 0xa282ead8, TfRecord.Checksum(data));
    }

    private sealed record Event(double Time, long Step, string Version, List<(string Tag, float Value)> Values);

    /// <summary>Reads an event file by the format's own rules, checksums included.</summary>
    private static List<Event> Read(string path)
    {
        using var open = new FileStream(path, FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        byte[] file = new byte[open.Length];
        open.ReadExactly(file);
        var events = new List<Event>();
        for (int at = 0; at < file.Length;)
        {
            int length = (int)BinaryPrimitives.ReadUInt64LittleEndian(file.AsSpan(at));
            Assert.Equal(TfRecord.Checksum(file.AsSpan(at, 8)), BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at + 8)));
            byte[] data = file[(at + 12)..(at + 12 + length)];
            Assert.Equal(TfRecord.Checksum(data), BinaryPrimitives.ReadUInt32LittleEndian(file.AsSpan(at + 12 + length)));
            events.Add(Parse(data));
            at += length + 16;
        }
        return events;
    }

    private static Event Parse(byte[] data)
    {
        double time = 0;
        long step = 0;
        string version = "";
        var values = new List<(string, float)>();
        Fields(data, (field, input) =>
        {
            switch (field)
            {
                case 1: time = input.ReadDouble(); break;
                case 2: step = input.ReadInt64(); break;
                case 3: version = input.ReadString(); break;
                default: Fields(input.ReadBytes().ToByteArray(), (_, value) => values.Add(Value(value.ReadBytes().ToByteArray()))); break;
            }
        });
        return new Event(time, step, version, values);
    }

    private static (string, float) Value(byte[] data)
    {
        string tag = "";
        float number = float.NaN;
        Fields(data, (field, input) =>
        {
            if (field == 1) tag = input.ReadString();
            else number = input.ReadFloat();
        });
        return (tag, number);
    }

    private static void Fields(byte[] data, Action<int, CodedInputStream> read)
    {
        using var input = new CodedInputStream(data);
        for (uint tag; (tag = input.ReadTag()) != 0;) read(WireFormat.GetTagFieldNumber(tag), input);
    }
}
