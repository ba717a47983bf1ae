using System.IO.Compression;
using NativeTrain.Testing;
using NativeTrain.Testing.Fuzz;
using NativeTrain.Testing.Torch;
using Xunit;

namespace NativeTrain.Nn.Tests.IO;

/// <summary>Thousands of damaged weights files; see <see cref="FuzzRun"/>.</summary>
public sealed class WeightsFuzzTests : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public void Dispose() => folder.Dispose();

    /// <summary>A small file costs buffers; a value of a pickle takes up to some sixty times its byte.</summary>
    private static long Bound(long file) => 200_000 + 100 * file;

    /// <summary>A large file is mostly numbers: its own bytes, and its arrays.</summary>
    private static long LargeBound(long file) => 20_000_000 + 3 * file;

    [Fact]
    public void DamagedTorchFiles()
    {
        int refused = FuzzRun.Run([TorchZip.Small()], 1000, folder.File("a.pt"), p => TorchFile.Read(p), Bound);
        Assert.True(refused > 400, $"only {refused} were refused");
    }

    /// <summary>Archives that are whole, with right checksums, around a damaged pickle.</summary>
    [Fact]
    public void DamagedPickles()
    {
        KeyValuePair<string, byte[]>[] storages = [new("0", TorchZip.Bytes(0f, 1f, 2f, 3f, 4f, 5f)), new("1", TorchZip.Bytes((Half)6, (Half)7, (Half)8, (Half)9))];
        byte[] pickle = Pickle(TorchZip.Small());
        int refused = FuzzRun.Run([pickle], 1500, folder.File("a.pt"), p => TorchFile.Read(p), Bound, (m, p) => TorchZip.Make(m.Mutate(p), storages));
        Assert.True(refused > 400, $"only {refused} were refused");
    }

    [SharedFact]
    public void DamagedPicklesOfAWholeModel()
    {
        byte[] pickle = Pickle(File.ReadAllBytes(Shared.File("golden/yolo11n-nc3.ultralytics.pt")));
        FuzzRun.Run([pickle], 300, folder.File("a.pt"), p => TorchFile.Read(p), LargeBound, (m, p) => TorchZip.Make(m.Mutate(p)));
    }

    [SharedFact]
    public void DamagedCheckpointsOfAWholeModel()
    {
        byte[][] files = [File.ReadAllBytes(Shared.File("golden/yolo11n-nc3.ultralytics.pt")), File.ReadAllBytes(Shared.File("golden/yolo11n-nc3.state_dict.pt"))];
        FuzzRun.Run(files, 60, folder.File("a.pt"), p => TorchFile.Read(p), LargeBound);
    }

    [Fact]
    public void DamagedSafetensors()
    {
        string path = folder.File("a.safetensors");
        Safetensors.Write(path,
        [
            SafetensorsEntry.FromFloats("model.0.conv.weight", new Core.Shape(2, 3), [1, 2, 3, 4, 5, 6]),
            SafetensorsEntry.FromLongs("steps", new Core.Shape(), [17]),
        ], new Dictionary<string, string> { ["names"] = "[\"a\",\"b\"]", ["imgsz"] = "640" });
        int refused = FuzzRun.Run([File.ReadAllBytes(path)], 1000, path, p => Safetensors.Read(p), Bound);
        Assert.True(refused > 400, $"only {refused} were refused");
    }

    private static byte[] Pickle(byte[] file)
    {
        using var zip = new ZipArchive(new MemoryStream(file));
        using var stream = zip.Entries.Single(e => e.Name == "data.pkl").Open();
        using var pickle = new MemoryStream();
        stream.CopyTo(pickle);
        return pickle.ToArray();
    }
}
