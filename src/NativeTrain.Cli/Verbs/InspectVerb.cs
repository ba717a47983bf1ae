using System.Diagnostics;
using NativeTrain.Cli.CommandLine;
using NativeTrain.Cli.Progress;
using NativeTrain.Core;
using NativeTrain.Training;

namespace NativeTrain.Cli.Verbs;

/// <summary>See <see cref="StepInspector"/> and <see cref="InspectPage"/>.</summary>
internal sealed class InspectVerb : BesideTrainVerb
{
    public override string Name => "inspect";
    public override string Summary => "run one training step and write a page that shows everything in it";
    public override string Usage => "inspect model=yolo11n.yaml data=DATA.yaml [output=inspect.html] [json=FILE] [serve=true] …   (and every option of train)";
    public override IReadOnlyList<OptionSpec> Options { get; } =
    [
        new("output", OptionType.Text, "inspect.html", "the page to write; it needs no network", Verb.None),
        new("json", OptionType.Text, null, "write what the page is made from to this file too", Verb.None),
        new("image", OptionType.Integer, "0", "the picture of the batch whose feature maps are shown", Verb.None) { Min = 0, Max = 4095 },
        new("serve", OptionType.Switch, "false", "instead of writing the page, serve it to this machine, with a button that takes the next step", Verb.None),
        new("port", OptionType.Integer, "0", "port to serve at (0: any free one)", Verb.None) { Min = 0, Max = 65535 },
    ];

    public override int Run(Arguments arguments)
    {
        var (own, options) = Split(arguments);
        if (options.BatchShare is null && own.Integer("image") >= options.Batch) throw new InputException($"image={own.Integer("image")}: the batch has pictures 0 to {options.Batch - 1}");
        using var backend = Backends.Open(options.Device, options.Threads, options.Conv);
        using var interrupt = new Interrupt();
        Display.Run(options, progress => Inspect(backend, options, own, progress, interrupt.Token));
        return interrupt.Token.IsCancellationRequested && !own.Switch("serve") ? ExitCode.Interrupted : ExitCode.Done;
    }

    private static void Inspect(IBackend backend, TrainOptions options, OptionValues own, ITrainingProgress progress, CancellationToken stop)
    {
        using var inspector = new StepInspector(backend, options, progress, own.Integer("image"));
        if (own.Switch("serve"))
        {
            using var server = new InspectServer(inspector, own.Integer("port"), progress);
            server.Run(stop);
            return;
        }
        var clock = Stopwatch.StartNew();
        var step = inspector.Next(stop);
        string path = own.Required("output", "output=inspect.html");
        InspectPage.Write(step, path, own.Text("json"));
        foreach (var finding in step.Findings) progress.OnMessage(finding.Text);
        progress.OnMessage($"written: {path} ({new FileInfo(path).Length / 1048576.0:F1} MiB), after {clock.Elapsed.TotalSeconds:F1} s");
    }
}
