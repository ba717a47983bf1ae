using System.Buffers.Binary;
using System.Text;
using NativeTrain.Core;
using NativeTrain.Testing;
using Xunit;

namespace NativeTrain.Nn.Tests.IO;

public sealed class SafetensorsTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    private string Path => folder.File("a.safetensors");

    public void Dispose() => folder.Dispose();

    [Fact]
    public void WhatIsWrittenIsReadBackInOrder()
    {
        byte[] odd = [1, 0, 1];
        SafetensorsEntry[] written =
        [
            SafetensorsEntry.FromFloats("z.weight", new Shape(2, 3), [1, -2, 3.5f, float.NaN, float.PositiveInfinity, -0f]),
            new("mask", SafetensorsType.BOOL, new Shape(3), odd),
            SafetensorsEntry.FromDoubles("a \"quoted\" näme", new Shape(), [Math.PI]),
            SafetensorsEntry.FromLongs("steps", new Shape(1), [long.MaxValue]),
            SafetensorsEntry.FromFloats("empty", new Shape(0, 4), []),
        ];
        Safetensors.Write(Path, written, new Dictionary<string, string> { ["format"] = "pt", ["note"] = "two\nlines" });

        var read = Safetensors.Read(Path);

        Assert.Equal(written.Select(e => e.Name), read.Entries.Select(e => e.Name));
        Assert.Equal("two\nlines", read.Metadata["note"]);
        foreach (var e in written)
        {
            Assert.Equal(e.Type, read[e.Name].Type);
            Assert.Equal(e.Shape, read[e.Name].Shape);
            Assert.Equal(e.Bytes.ToArray(), read[e.Name].Bytes.ToArray());
        }
        Assert.Equal(0, BinaryPrimitives.ReadInt64LittleEndian(File.ReadAllBytes(Path)) % 8);
    }

    [Theory]
    [InlineData(SafetensorsType.F16, new byte[] { 0x00, 0x3C, 0x00, 0xC0, 0x01, 0x00 }, new[] { 1f, -2f, 5.9604645e-8f })]
    [InlineData(SafetensorsType.BF16, new byte[] { 0x80, 0x3F, 0x00, 0xC0, 0x49, 0x40 }, new[] { 1f, -2f, 3.140625f })]
    [InlineData(SafetensorsType.I32, new byte[] { 7, 0, 0, 0, 0xFF, 0xFF, 0xFF, 0xFF }, new[] { 7f, -1f })]
    [InlineData(SafetensorsType.I64, new byte[] { 0xFE, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF, 0xFF }, new[] { -2f })]
    [InlineData(SafetensorsType.F64, new byte[] { 0, 0, 0, 0, 0, 0, 0xF8, 0x3F }, new[] { 1.5f })]
    [InlineData(SafetensorsType.U8, new byte[] { 0, 255 }, new[] { 0f, 255f })]
    [InlineData(SafetensorsType.BOOL, new byte[] { 0, 1 }, new[] { 0f, 1f })]
    public void EveryTypeBecomesFloats(SafetensorsType type, byte[] bytes, float[] expected)
    {
        var entry = new SafetensorsEntry("x", type, new Shape(expected.Length), bytes);
        Assert.Equal(expected, entry.ToFloats());
    }

    [Fact]
    public void AnAbsentTensorIsNamedWithItsFile()
    {
        Safetensors.Write(Path, [SafetensorsEntry.FromFloats("a", new Shape(1), [1])]);
        var e = Assert.Throws<InputException>(() => Safetensors.Read(Path)["b"]);
        Assert.Equal($"{Path}: has no tensor 'b'", e.Message);
    }

    /// <summary>Header text, bytes of data behind it, and a word of the message.</summary>
    [Theory]
    [InlineData("", 0, "malformed")]
    [InlineData("not json", 0, "malformed")]
    [InlineData("[]", 0, "malformed")]
    [InlineData("{}x", 0, "malformed")]
    [InlineData("{\"a\":1}", 0, "malformed")]
    [InlineData("{\"\\ud800\":1}", 0, "malformed")]
    [InlineData("{\"__metadata__\":{\"a\":1}}", 0, "malformed")]
    [InlineData("{\"a\":{}}", 0, "needs a dtype")]
    [InlineData("{\"a\":{\"dtype\":null,\"shape\":[1],\"data_offsets\":[0,4]}}", 4, "needs a dtype")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0]}}", 4, "needs a dtype")]
    [InlineData("{\"a\":{\"dtype\":\"F8\",\"shape\":[1],\"data_offsets\":[0,1]}}", 1, "element type 'F8'")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[1.5],\"data_offsets\":[0,4]}}", 4, "malformed")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[-1],\"data_offsets\":[0,4]}}", 4, "impossible shape")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[4294967296],\"data_offsets\":[0,4]}}", 4, "impossible shape")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[2147483647,2147483647,2147483647],\"data_offsets\":[0,4]}}", 4, "larger than any file")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,4]}}", 4, "takes 8 bytes")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,0]}}", 4, "takes 4 bytes")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[-4,0]}}", 4, "takes 4 bytes")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[500000000],\"data_offsets\":[0,2000000000]}}", 4, "truncated")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 3, "truncated")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[0,4]}}", 5, "follow the last tensor")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[1],\"data_offsets\":[4,8]}}", 8, "begins at byte 4")]
    [InlineData("{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]},\"b\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[4,12]}}", 12, "before it ends at 8")]
    [InlineData("{\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[0,1]},\"a\":{\"dtype\":\"U8\",\"shape\":[1],\"data_offsets\":[1,2]}}", 2, "two tensors are named 'a'")]
    public void AMalformedFileIsRefusedInOneLine(string header, int dataBytes, string expected)
    {
        WriteRaw(Encoding.UTF8.GetBytes(header), (ulong)Encoding.UTF8.GetByteCount(header), dataBytes);
        AssertRefused(expected);
    }

    [Theory]
    [InlineData(3UL)]
    [InlineData(ulong.MaxValue)]
    [InlineData(1UL << 62)]
    public void AHeaderLongerThanTheFileIsRefused(ulong length)
    {
        WriteRaw("{}"u8.ToArray(), length, 0);
        AssertRefused("the header should be");
    }

    [Fact]
    public void AFileTooShortForALengthIsRefused()
    {
        File.WriteAllBytes(Path, [1, 2, 3]);
        AssertRefused("3 bytes");
    }

    [Fact]
    public void AnAbsentFileIsRefused() => AssertRefused("no such file");

    [Fact]
    public void EveryTruncationIsRefused()
    {
        byte[] whole = SmallFile();
        for (int n = 0; n < whole.Length; n++)
        {
            File.WriteAllBytes(Path, whole[..n]);
            Assert.Throws<InputException>(() => Safetensors.Read(Path));
        }
    }

    /// <summary>Seeded damage to a small file is either harmless or an InputException, and never costs memory.</summary>
    [Fact]
    public void RandomDamageIsNeverMoreThanAnInputException()
    {
        byte[] whole = SmallFile();
        var random = new Random(1);
        int refused = 0;
        long before = GC.GetAllocatedBytesForCurrentThread();
        const int rounds = 3000;
        for (int round = 0; round < rounds; round++)
        {
            byte[] damaged = (byte[])whole.Clone();
            for (int hits = random.Next(1, 5); hits > 0; hits--)
            {
                int at = random.Next(damaged.Length);
                damaged[at] = random.Next(3) switch
                {
                    0 => (byte)random.Next(256),
                    1 => (byte)(damaged[at] ^ (1 << random.Next(8))),
                    _ => (byte)"0123456789{}[]\",:-eE. "[random.Next(22)],
                };
            }
            File.WriteAllBytes(Path, damaged);
            try
            {
                Safetensors.Read(Path);
            }
            catch (InputException e)
            {
                Assert.Contains(Path, e.Message, StringComparison.Ordinal);
                Assert.DoesNotContain('\n', e.Message);
                refused++;
            }
        }
        Assert.InRange(refused, rounds / 2, rounds);
        long perRound = (GC.GetAllocatedBytesForCurrentThread() - before) / rounds;
        Assert.True(perRound < 100_000, $"{perRound} bytes allocated to read a file of {whole.Length}");
    }

    [Fact]
    public void AFailedWriteLeavesTheOldFileAndNothingElse()
    {
        Safetensors.Write(Path, [SafetensorsEntry.FromFloats("a", new Shape(1), [1])]);

        var e = Assert.Throws<InputException>(() => AtomicFile.Write(Path, s =>
        {
            s.Write(new byte[100_000]);
            throw new IOException("No space left on device");
        }));

        Assert.StartsWith($"{Path}: cannot be written (No space left on device)", e.Message, StringComparison.Ordinal);
        Assert.Equal([Path], Directory.GetFileSystemEntries(folder.Path));
        Assert.Equal(1f, Safetensors.Read(Path)["a"].ToFloats()[0]);
    }

    [Fact]
    public void WritingWhereAFolderIsInTheWayIsAnInputException()
    {
        Directory.CreateDirectory(Path);
        Assert.Throws<InputException>(() => Safetensors.Write(Path, []));
        Assert.Equal([Path], Directory.GetFileSystemEntries(folder.Path));
    }

    [Fact]
    public void TwoEntriesOfOneNameAreNotWritten()
    {
        var a = SafetensorsEntry.FromFloats("a", new Shape(1), [1]);
        Assert.Throws<ArgumentException>(() => Safetensors.Write(Path, [a, a]));
    }

    [SharedFact]
    public void TheReferencesFilesCanBeRead()
    {
        var weights = Safetensors.Read(Shared.File("golden/yolo11n-bccd.weights.safetensors"));
        Assert.Equal(SafetensorsType.F16, weights["model.0.conv.weight"].Type);
        Assert.Equal(new Shape(16, 3, 3, 3), weights["model.0.conv.weight"].Shape);
        Assert.All(weights["model.0.conv.weight"].ToFloats(), v => Assert.InRange(v, -100f, 100f));
    }

    private void AssertRefused(string expected)
    {
        var e = Assert.Throws<InputException>(() => Safetensors.Read(Path));
        Assert.StartsWith(Path, e.Message, StringComparison.Ordinal);
        Assert.Contains(expected, e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', e.Message);
    }

    private void WriteRaw(byte[] header, ulong length, int dataBytes)
    {
        byte[] file = new byte[8 + header.Length + dataBytes];
        BinaryPrimitives.WriteUInt64LittleEndian(file, length);
        header.CopyTo(file, 8);
        File.WriteAllBytes(Path, file);
    }

    private byte[] SmallFile()
    {
        Safetensors.Write(Path,
        [
            SafetensorsEntry.FromFloats("model.0.conv.weight", new Shape(2, 3), [1, 2, 3, 4, 5, 6]),
            SafetensorsEntry.FromLongs("steps", new Shape(), [17]),
        ], new Dictionary<string, string> { ["names"] = "a,b" });
        return File.ReadAllBytes(Path);
    }
}
