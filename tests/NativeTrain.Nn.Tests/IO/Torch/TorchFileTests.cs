using NativeTrain.Core;
using NativeTrain.Testing;
using NativeTrain.Testing.Torch;
using Xunit;

namespace NativeTrain.Nn.Tests.IO.Torch;

public sealed class TorchFileTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    /// <summary>The reference's own files, a whole model and a state dict, hold the golden weights rounded to half precision.</summary>
    [SharedTheory]
    [InlineData("golden/yolo11n-nc3.ultralytics.pt")]
    [InlineData("golden/yolo11n-nc3.state_dict.pt")]
    public void TheReferencesFilesHoldTheGoldenWeights(string name)
    {
        var file = TorchFile.Read(Shared.File(name));
        var golden = Golden.Read("yolo11n-nc3-128.weights");

        Assert.Equal(golden.Entries.Select(e => e.Name).Order(), file.Entries.Select(e => e.Name).Order());
        foreach (var expected in golden.Entries)
        {
            var read = file[expected.Name];
            Assert.Equal(expected.Shape, read.Shape);
            Assert.Equal(expected.ToFloats().Select(v => (float)(Half)v), read.ToFloats());
        }
    }

    [SharedFact]
    public void ACheckpointTellsNamesTaskAndSize()
    {
        var metadata = TorchFile.Read(Shared.File("golden/yolo11n-nc3.ultralytics.pt")).Metadata;
        Assert.Equal(["RBC", "WBC", "Platelets"], ClassNamesJson.Read(metadata["names"]));
        Assert.Equal("detect", metadata["task"]);
        Assert.Equal("640", metadata["imgsz"]);
        Assert.False(metadata.ContainsKey("epoch")); // −1 in the file: none
    }

    [Fact]
    public void AStateDictIsReadInItsOrderAndTypes()
    {
        var file = Read(TorchZip.Small());
        Assert.Equal(["a", "b.weight"], file.Entries.Select(e => e.Name));
        Assert.Equal(SafetensorsType.F32, file["a"].Type);
        Assert.Equal(new Shape(2, 3), file["a"].Shape);
        Assert.Equal([0, 1, 2, 3, 4, 5], file["a"].ToFloats());
        Assert.Equal(SafetensorsType.F16, file["b.weight"].Type);
        Assert.Equal([6, 7, 8, 9], file["b.weight"].ToFloats());
        Assert.Empty(file.Metadata);
    }

    [Theory]
    [InlineData("DoubleStorage", SafetensorsType.F64)]
    [InlineData("LongStorage", SafetensorsType.I64)]
    [InlineData("IntStorage", SafetensorsType.I32)]
    [InlineData("BFloat16Storage", SafetensorsType.BF16)]
    [InlineData("ByteStorage", SafetensorsType.U8)]
    [InlineData("BoolStorage", SafetensorsType.BOOL)]
    public void EveryStorageHasItsType(string storage, SafetensorsType type)
    {
        byte[] pickle = new PickleWriter().BeginDict().Text("a").Tensor(storage, "7", 2, 1, [1], [1]).EndDict().End();
        byte[] bytes = [.. Enumerable.Range(1, 2 * type.Bytes()).Select(i => (byte)i)];
        var entry = Read(TorchZip.Make(pickle, [new("7", bytes)]))["a"];
        Assert.Equal(type, entry.Type);
        Assert.Equal(bytes[type.Bytes()..], entry.Bytes.ToArray());
    }

    /// <summary>Offset 1 into 0…11; strides as of a transposed, a broadcast and an empty tensor and of a single number.</summary>
    [Theory]
    [InlineData(new long[] { 2, 3 }, new long[] { 1, 2 }, new float[] { 1, 3, 5, 2, 4, 6 })]
    [InlineData(new long[] { 2, 2, 2 }, new long[] { 1, 2, 4 }, new float[] { 1, 5, 3, 7, 2, 6, 4, 8 })]
    [InlineData(new long[] { 2, 2 }, new long[] { 0, 1 }, new float[] { 1, 2, 1, 2 })]
    [InlineData(new long[] { 1, 2 }, new long[] { 999, 1 }, new float[] { 1, 2 })]
    [InlineData(new long[] { 0, 2 }, new long[] { 2, 1 }, new float[0])]
    [InlineData(new long[0], new long[0], new float[] { 1 })]
    public void StridesAreFollowed(long[] sizes, long[] strides, float[] expected)
    {
        byte[] pickle = new PickleWriter().BeginDict().Text("a").Tensor("FloatStorage", "0", 12, 1, sizes, strides).EndDict().End();
        float[] values = [.. Enumerable.Range(0, 12).Select(i => (float)i)];
        Assert.Equal(expected, Read(TorchZip.Make(pickle, [new("0", TorchZip.Bytes(values))]))["a"].ToFloats());
    }

    /// <summary>A module tree: parameters, buffers that are saved and one that is not, a child, and an absent bias.</summary>
    [Fact]
    public void AModelsTreeGivesTheNamesOfItsStateDict()
    {
        var pickle = new PickleWriter().BeginDict().Text("epoch").Number(7).Text("model");
        Module(pickle, w => w.Text("weight").Tensor("FloatStorage", "0", 1, 0, [1], [1]).Text("bias").Op('N'),
            w => w.Text("steps").Tensor("FloatStorage", "1", 1, 0, [1], [1]).Text("scratch").Tensor("FloatStorage", "2", 1, 0, [1], [1]),
            w => Module(w.Text("0"), c => c.Text("weight").Tensor("FloatStorage", "3", 1, 0, [1], [1]), _ => { }, _ => { }));
        byte[] file = TorchZip.Make(pickle.EndDict().End(), Enumerable.Range(0, 4).Select(i => new KeyValuePair<string, byte[]>($"{i}", TorchZip.Bytes((float)i))));

        var read = Read(file);

        Assert.Equal(["weight", "steps", "0.weight"], read.Entries.Select(e => e.Name));
        Assert.Equal([0, 1, 3], read.Entries.Select(e => e.ToFloats()[0]));
        Assert.Equal("7", read.Metadata["epoch"]);
    }

    /// <summary>An object of a layer's class with these items in its dicts; "scratch" is a buffer that is not saved.</summary>
    private static void Module(PickleWriter w, Action<PickleWriter> parameters, Action<PickleWriter> buffers, Action<PickleWriter> children)
    {
        w.Global("torch.nn.modules.container", "Sequential").Op(')').Op('\x81').BeginDict();
        foreach (var (name, items) in new[] { ("_parameters", parameters), ("_buffers", buffers), ("_modules", children) })
        {
            w.Text(name).BeginDict();
            items(w);
            w.EndDict();
        }
        w.Text("_non_persistent_buffers_set").Global("__builtin__", "set").Op(']').Text("scratch").Op('a').Op('\x85').Op('R');
        w.EndDict().Op('b');
    }

    private TorchFile Read(byte[] file)
    {
        string path = folder.File("a.pt");
        File.WriteAllBytes(path, file);
        return TorchFile.Read(path);
    }
}
