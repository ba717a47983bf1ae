using System.IO.Compression;
using NativeTrain.Core;
using NativeTrain.Testing;
using NativeTrain.Testing.Torch;
using Xunit;

namespace NativeTrain.Nn.Tests.IO.Torch;

/// <summary>Pickles and archives made to run something, to eat memory, or to read what is not theirs.</summary>
public sealed class HostilePickleTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    private string Witness => folder.File("witness");

    /// <summary>Every way of the pickle language to come by a function of Python's.</summary>
    public static TheoryData<string, string> Commands() => new()
    {
        { "GLOBAL, REDUCE", "os.system" },
        { "STACK_GLOBAL, REDUCE", "posix.system" },
        { "INST", "os.system" },
        { "OBJ", "os.system" },
        { "NEWOBJ", "subprocess.Popen" },
        { "BUILD", "builtins.eval" },
        { "inside a state dict", "builtins.exec" },
        { "dotted", "torch._utils.sys.modules" },
        { "dotted class", "ultralytics.nn.tasks.os.system" },
        { "near the list", "torch._utils._rebuild_tensor_v2x" },
    };

    [Theory]
    [MemberData(nameof(Commands))]
    public void WhatIsNotOnTheListIsRefusedByName(string how, string asked)
    {
        int dot = how.StartsWith("dotted", StringComparison.Ordinal) ? asked.IndexOf('.', how == "dotted" ? 6 : 15) : asked.LastIndexOf('.');
        string module = asked[..dot], name = asked[(dot + 1)..], command = $"touch {Witness}";
        var w = new PickleWriter(4);
        byte[] pickle = (how switch
        {
            "STACK_GLOBAL, REDUCE" => w.Text(module).Text(name).Op('\x93').Text(command).Op('\x85').Op('R'),
            "INST" => w.Op('(').Text(command).Op('i').Raw([.. $"{module}\n{name}\n".Select(c => (byte)c)]),
            "OBJ" => w.Op('(').Global(module, name).Text(command).Op('o'),
            "NEWOBJ" => w.Global(module, name).Text(command).Op('\x85').Op('\x81'),
            "BUILD" => w.Global("torch.nn.modules.conv", "Conv2d").Op(')').Op('\x81').Global(module, name).Op('b'),
            "inside a state dict" => w.BeginDict().Text("a").Global(module, name).Text(command).Op('\x85').Op('R').EndDict(),
            _ => w.Global(module, name).Text(command).Op('\x85').Op('R'),
        }).End();

        string message = Refused(TorchZip.Make(pickle));

        Assert.Equal($"{Path}: the pickle asks for '{asked}', which is not on the list of what a weights file may contain; nothing was run", message);
        Assert.False(File.Exists(Witness));
    }

    [Theory]
    [InlineData('\x82', 1)]
    [InlineData('\x83', 2)]
    [InlineData('\x84', 4)]
    public void ExtensionsAreRefused(char op, int bytes) =>
        Assert.Contains("asks for extension 7", Refused(TorchZip.Make(new PickleWriter().Op(op).Raw([7, .. new byte[bytes - 1]]).End())));

    [Fact]
    public void AClassOfALayerIsARecordAndNoTensor() =>
        Assert.Contains("holds no weights", Refused(TorchZip.Make(new PickleWriter().Global("ultralytics.nn.tasks", "attempt_load").Text("x").Op('\x85').Op('R').End())));

    /// <summary>Names for messages, instructions.</summary>
    public static TheoryData<string, byte[]> Malformed() => new()
    {
        { "has no end", new PickleWriter().Op('c').Raw(new byte[5000]).End() },
        { "are to follow", new PickleWriter().Op('X').Raw32(uint.MaxValue).End() },
        { "are to follow", new PickleWriter(4).Op('\x8d').Raw64(ulong.MaxValue).End() },
        { "are to follow", new PickleWriter(4).Op('\x8e').Raw64(1UL << 62).End() },
        { "whole number of 4294967295 bytes", new PickleWriter().Op('\x8b').Raw32(uint.MaxValue).End() },
        { "recalls value 9", new PickleWriter().Op('h').Raw(9).End() },
        { "a mark is missing", new PickleWriter().Op('t').End() },
        { "a value is missing", new PickleWriter().End() },
        { "a value is missing", new PickleWriter().Op('N').Op('(').Op('0').End() },
        { "a key has no value", new PickleWriter().BeginDict().Text("a").EndDict().End() },
        { "instruction 0x50", new PickleWriter().Op('P').End() },
        { "of protocol 1;", new PickleWriter(1).Op('N').End() },
        { "are left", new PickleWriter().Op('N').ToArray() },
        { "no tensor storage", new PickleWriter().Text("archive/data.pkl").Op('Q').End() },
        { "no whole number", new PickleWriter().Global("torch._utils", "_rebuild_tensor_v2").Op('(').Op('(').Text("storage").Global("torch", "FloatStorage").Text("0").Text("cpu").Number(1).Op('t').Op('Q')
            .Number(0).Text("x").Op('\x85').Numbers(1).Op('t').Op('R').End() },
        { "holds no weights", new PickleWriter().Op('N').End() },
    };

    [Theory]
    [MemberData(nameof(Malformed))]
    public void MalformedPicklesAreRefused(string expected, byte[] pickle) => Assert.Contains(expected, Refused(TorchZip.Make(pickle)));

    /// <summary>A tensor over a storage of four floats, which are there.</summary>
    [Theory]
    [InlineData("reaches out of its storage", 0, new long[] { 5 }, new long[] { 1 })]
    [InlineData("reaches out of its storage", 1, new long[] { 4 }, new long[] { 1 })]
    [InlineData("reaches out of its storage", -1, new long[] { 1 }, new long[] { 1 })]
    [InlineData("reaches out of its storage", 3, new long[] { 2 }, new long[] { -1 })]
    [InlineData("reaches out of its storage", 0, new long[] { 2, 2 }, new long[] { 4, 1 })]
    [InlineData("reaches out of its storage", 0, new long[] { 2 }, new long[] { long.MaxValue })]
    [InlineData("reaches out of its storage", long.MaxValue, new long[] { 2 }, new long[] { 1 })]
    [InlineData("impossible shape", 0, new long[] { -4 }, new long[] { 1 })]
    [InlineData("impossible shape", 0, new long[] { 1L << 40 }, new long[] { 0 })]
    [InlineData("impossible shape", 0, new long[] { 4 }, new long[] { 1, 1 })]
    [InlineData("impossible shape", 0, new long[] { 1, 1, 1, 1, 1, 1, 1, 1, 1 }, new long[] { 1, 1, 1, 1, 1, 1, 1, 1, 1 })]
    [InlineData("over the limit", 0, new long[] { 1 << 20, 1 << 20 }, new long[] { 0, 0 })]
    [InlineData("more than twice the bytes of the file", 0, new long[] { 1 << 20 }, new long[] { 0 })]
    public void TensorsStayInTheirStorage(string expected, long offset, long[] sizes, long[] strides)
    {
        byte[] pickle = new PickleWriter().BeginDict().Text("a").Tensor("FloatStorage", "0", 4, offset, sizes, strides).EndDict().End();
        Assert.Contains(expected, Refused(TorchZip.Make(pickle, [new("0", new byte[16])])));
    }

    [Theory]
    [InlineData("0", 5, "has 16 bytes where the pickle promises 20")]
    [InlineData("0", long.MaxValue, "where the pickle promises 36893488147419103228")]
    [InlineData("0", -1, "reaches out of its storage of -1 elements")]
    [InlineData("1", 4, "'data/1' is not in the archive")]
    [InlineData("../data.pkl", 4, "'data/../data.pkl' is not in the archive")]
    [InlineData("/etc/passwd", 4, "'data//etc/passwd' is not in the archive")]
    public void StoragesAreFilesOfTheArchive(string key, long count, string expected)
    {
        byte[] pickle = new PickleWriter().BeginDict().Text("a").Tensor("FloatStorage", key, count, 0, [1], [1]).EndDict().End();
        Assert.Contains(expected, Refused(TorchZip.Make(pickle, [new("0", new byte[16])])));
    }

    /// <summary>Lists of lists, each twice in the next: 2^60 in all, where they are counted out.</summary>
    [Fact]
    public void ManyReferencesToOneValueCostNothing()
    {
        var w = new PickleWriter().Op(']').Op('q').Raw(0);
        for (byte i = 0; i < 60; i++) w.Op(']').Op('(').Op('h').Raw(i).Op('h').Raw(i).Op('e').Op('q').Raw((byte)(i + 1));
        Assert.Contains("holds no weights", Refused(TorchZip.Make(w.End())));
    }

    [Fact]
    public void DeepNestingCostsNoStack()
    {
        var w = new PickleWriter();
        for (int i = 0; i < 1_000_000; i++) w.Op(']');
        for (int i = 1; i < 1_000_000; i++) w.Op('a');
        Assert.Contains("holds no weights", Refused(TorchZip.Make(w.End()), 200_000_000));
    }

    /// <summary>A module whose child is itself.</summary>
    [Theory]
    [InlineData(1)]
    [InlineData(2)]
    public void ATreeOfModulesThatHoldsItselfEnds(int children)
    {
        var w = new PickleWriter().Global("torch.nn.modules.container", "Sequential").Op(')').Op('\x81').Op('q').Raw(0).BeginDict().Text("_modules").BeginDict();
        for (int i = 0; i < children; i++) w.Text($"{i}").Op('h').Raw(0);
        Assert.Contains("tree of modules has no end", Refused(TorchZip.Make(w.EndDict().EndDict().Op('b').End()), 200_000_000));
    }

    /// <summary>Modules in number, all with one and the same large dict: every file pays once for it, and the tree would have it gone through each time.</summary>
    [Fact]
    public void ALargeDictThatManyModulesShareIsNotGoneThroughForEach()
    {
        const int Items = 100_000, Children = 200;
        var w = new PickleWriter().BeginDict();
        for (int i = 0; i < Items; i++) w.Op('N').Op('N');
        w.EndDict().Op('q').Raw(0).Op('0');
        for (byte module = 1; module <= 2; module++)
        {
            w.Global("torch.nn.modules.container", "Sequential").Op(')').Op('\x81').BeginDict().Text("_buffers").Op('h').Raw(0).Text("_modules").BeginDict();
            for (int i = 0; module == 2 && i < Children; i++) w.Text($"{i}").Op('h').Raw(1);
            w.EndDict().EndDict().Op('b').Op('q').Raw(module);
        }
        Assert.Contains("tree of modules has no end", Refused(TorchZip.Make(w.End()), 50_000_000));
    }

    [Fact]
    public void AZipBombIsNotInflated()
    {
        byte[] pickle = new PickleWriter().BeginDict().Text("a").Tensor("FloatStorage", "0", 25_000_000, 0, [25_000_000], [1]).EndDict().End();
        byte[] bomb = TorchZip.Make(pickle, [new("0", new byte[100_000_000])], CompressionLevel.Optimal);
        Assert.True(bomb.Length < 200_000);
        Assert.Contains("is compressed or encrypted", Refused(bomb));
    }

    [Fact]
    public void AnAlteredNumberIsFoundByItsChecksum()
    {
        byte[] file = TorchZip.Small();
        int at = file.AsSpan().IndexOf(TorchZip.Bytes(4f, 5f));
        file[at] ^= 1;
        Assert.Equal($"{Path}: 'data/0' is damaged: its checksum is wrong; copy or download the file again", Refused(file));
    }

    [Theory]
    [InlineData(new byte[] { 0x80, 2, 0x8A, 10 }, "written in the format before PyTorch 1.6; load it once with torch.load, save it again with torch.save, and give the new file")]
    [InlineData(new byte[0], "the file is empty")]
    [InlineData(new byte[] { 60, 33, 68, 79 }, "not a PyTorch file (no zip archive); copy or download it again")]
    public void OtherFilesAreNamed(byte[] file, string expected) => Assert.Equal($"{Path}: {expected}", Refused(file));

    [Fact]
    public void EveryTruncationIsRefused()
    {
        byte[] whole = TorchZip.Small();
        for (int n = 0; n < whole.Length; n++) Refused(whole[..n]);
        Assert.StartsWith($"{Path}: truncated or altered; copy or download it again (", Refused(whole[..(whole.Length / 2)]));
    }

    private string Path => folder.File("a.pt");

    private string Refused(byte[] file, long allowed = 2_000_000)
    {
        File.WriteAllBytes(Path, file);
        long before = GC.GetAllocatedBytesForCurrentThread();
        var e = Assert.Throws<InputException>(() => TorchFile.Read(Path));
        Assert.InRange(GC.GetAllocatedBytesForCurrentThread() - before, 0, allowed);
        Assert.StartsWith($"{Path}: ", e.Message, StringComparison.Ordinal);
        Assert.DoesNotContain('\n', e.Message);
        return e.Message;
    }
}
