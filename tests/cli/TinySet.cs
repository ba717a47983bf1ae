using NativeTrain.Testing;

namespace NativeTrain.Cli.Tests;

/// <summary>A small set of drawn shapes, made by the program itself, that a test may spoil.</summary>
internal sealed class TinySet : IDisposable
{
    private readonly TemporaryFolder folder = new();

    public TinySet(int train = 6, int val = 3, int size = 64)
    {
        Expect.Success(Tool.Run(folder.Path, "data", "shapes", "set", $"train={train}", $"val={val}", $"imgsz={size}"));
    }

    /// <summary>The folder that the tests run in; the set is in set/.</summary>
    public string Folder => folder.Path;

    public string Yaml => folder.File("set/data.yaml");

    public IReadOnlyList<string> Images(string split) => [.. Directory.GetFiles(folder.File($"set/images/{split}")).Order()];

    public IReadOnlyList<string> Labels(string split) => [.. Directory.GetFiles(folder.File($"set/labels/{split}"), "*.txt").Order()];

    public string File(string name) => folder.File(name);

    public Tool.Result Run(params string[] words) => Tool.Run(Folder, words);

    /// <summary>Trains two epochs on small pictures; more options overrule.</summary>
    public Tool.Result Train(params string[] more) =>
        Run(["train", "model=yolo11n.yaml", "data=set/data.yaml", "epochs=2", "imgsz=64", "batch=4", "workers=1", "project=runs", .. more]);

    public void Dispose() => folder.Dispose();
}
