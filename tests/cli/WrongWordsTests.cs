using NativeTrain.Testing;
using Xunit;

namespace NativeTrain.Cli.Tests;

/// <summary>A mistyped command line is refused in one line that says what was meant.</summary>
public class WrongWordsTests
{
    private static Tool.Result Run(params string[] words) => Tool.Run(Shared.Root, words);

    [Fact]
    public void UnknownVerb() => Expect.InputError(Run("trian"), "'trian'", "'train'");

    [Theory]
    [InlineData("epoch=3")]
    [InlineData("--epoch=3")]
    [InlineData("--epoch", "3")]
    public void UnknownOption(params string[] words) => Expect.InputError(Run(["train", "model=yolo11n.yaml", .. words]), "'epoch'", "'epochs'");

    [Fact]
    public void UnknownOptionOfInfo() => Expect.InputError(Run("info", "modle=yolo11n.yaml"), "'modle'", "'model'");

    [Theory]
    [InlineData("segment", "yolo11n-seg.yaml")]
    [InlineData("classify", "yolo11n-cls.yaml")]
    public void ATaskThatIsNotTheModels(string task, string cure) => Expect.InputError(Run(task, "train", "model=yolo11n.yaml"), $"task={task}", "detect", cure);

    [Fact]
    public void ATaskOfOtherPrograms() => Expect.InputError(Run("pose", "train", "model=yolo11n.yaml"), "'pose'", "segment");

    [Theory]
    [InlineData("epochs=many", "epochs=many")]
    [InlineData("lr0=fast", "lr0=fast")]
    [InlineData("epochs=0", "at least 1")]
    [InlineData("optimizer=SDG", "AdamW")]
    [InlineData("classes=[]", "classes=[]: names no number")]
    [InlineData("cos_lr=maybe", "true or false")]
    public void WrongValues(string option, string said) => Expect.InputError(Run("train", option), said);

    [Theory]
    [InlineData("gpu", "cuda", "emulator")]
    [InlineData("-1", "number of a GPU")]
    [InlineData("0,1", "one GPU")]
    public void UnknownDevices(string device, params string[] said) => Expect.InputError(Run("train", "model=yolo11n.yaml", $"device={device}"), said);

    [Fact]
    public void MissingValue() => Expect.InputError(Run("train", "--epochs"), "--epochs", "no value");

    [Theory]
    [InlineData("task=detect", "mode=train")]
    [InlineData("mode=val")]
    [InlineData("model=yolo11n.yaml", "train")]
    public void AnOptionBeforeTheVerb(params string[] words) => Expect.InputError(Run(words), $"'{words[0]}'", "the verb comes first", "nativetrain train");

    [Theory]
    [InlineData("lrfind")]
    [InlineData("trace")]
    [InlineData("inspect")]
    public void ATaskThatIsNotTheModelsBesideTrain(string verb) =>
        Expect.InputError(Run("segment", verb, "model=yolo11n.yaml", "data=set"), "task=segment", "detect", "yolo11n-seg.yaml");

    [Theory]
    [InlineData("bench", "train", "model=w.safetensors")]
    [InlineData("bench", "kernels", "model=w.safetensors")]
    [InlineData("bench", "scale", "model=w.safetensors")]
    [InlineData("bench", "train", "model=yolo11n.pt")]
    [InlineData("gradcheck", "yolo11n.pt")]
    public void WeightsWhereAGraphIsNeeded(params string[] words) => Expect.InputError(Run(words), words[^1].Split('=')[^1], "a graph is needed here", "yolo11n.yaml");

    [Fact]
    public void StrayWord() => Expect.InputError(Run("train", "yolo11n.yaml"), "'yolo11n.yaml'");

    [Fact]
    public void MissingWord() => Expect.InputError(Run("data", "shapes"), "DIR");

    [Fact]
    public void UnknownCommand() => Expect.InputError(Run("data", "shaeps", "x"), "shaeps", "data shapes");

    [Fact]
    public void NoCommand() => Expect.InputError(Run("data"), "data shapes");

    [Fact]
    public void UnknownModel() => Expect.InputError(Run("info", "model=yolo12n.yaml"), "yolo12n.yaml", "yolo11n.yaml");

    [Fact]
    public void MissingOption() => Expect.InputError(Run("train", "model=yolo11n.yaml"), "data=");
}
