using System.Globalization;
using NativeTrain.Core;
using NativeTrain.Core.Ops;
using NativeTrain.Vision.Data;

namespace NativeTrain.Training;

/// <summary>
/// The options of one run, checked against <see cref="OptionTable"/>: what the user gave, else the defaults.
/// Typed properties read the table's row of the same name.
/// </summary>
public sealed class TrainOptions
{
    private readonly Dictionary<string, string?> values;
    private readonly HashSet<string> given;
    private string folder = "";

    private TrainOptions(Verb verb, Dictionary<string, string?> values, HashSet<string> given)
    {
        Verb = verb;
        this.values = values;
        this.given = given;
    }

    /// <summary>Reads options by name.</summary>
    /// <exception cref="InputException">One line saying which option is wrong and how to put it right.</exception>
    public static TrainOptions Parse(Verb verb, IEnumerable<KeyValuePair<string, string>> options)
    {
        ArgumentNullException.ThrowIfNull(options);
        var values = OptionTable.All.ToDictionary(o => o.Name, o => o.DefaultFor(verb));
        var given = new HashSet<string>();
        foreach (var (name, value) in options)
        {
            if (OptionTable.Check(verb, name, value) is not var (option, v)) continue;
            values[option.Name] = v;
            given.Add(option.Name);
        }
        return new TrainOptions(verb, values, given);
    }

    /// <summary>Reads options written "name=value".</summary>
    /// <inheritdoc cref="Parse(Verb, IEnumerable{KeyValuePair{string, string}})"/>
    public static TrainOptions Parse(Verb verb, params string[] assignments)
    {
        ArgumentNullException.ThrowIfNull(assignments);
        return Parse(verb, assignments.Select(Split));
    }

    /// <summary>"name=value" in two; a name alone means "true".</summary>
    public static KeyValuePair<string, string> Split(string assignment)
    {
        ArgumentNullException.ThrowIfNull(assignment);
        int eq = assignment.IndexOf('=', StringComparison.Ordinal);
        if (eq == 0) throw new InputException($"'{assignment}': an option is written name=value");
        return eq < 0 ? new(assignment, "true") : new(assignment[..eq], assignment[(eq + 1)..]);
    }

    /// <summary>A copy in which some options have other values.</summary>
    public TrainOptions With(params string[] assignments)
    {
        var changed = Parse(Verb, assignments);
        var v = new Dictionary<string, string?>(values);
        foreach (string name in changed.given) v[name] = changed.values[name];
        return new TrainOptions(Verb, v, [.. given, .. changed.given]) { folder = folder };
    }

    /// <summary>The given values (null: none) for the verb's options as <see cref="Values"/> told them, of which the user had given some.</summary>
    /// <exception cref="InputException">An option or a value that this version does not know.</exception>
    /// <param name="verb">The verb.</param>
    /// <param name="values">Of every option.</param>
    /// <param name="given">Names of those that the user gave.</param>
    /// <param name="folder">Where the program was started then: the data set is looked for from there.</param>
    internal static TrainOptions Restore(Verb verb, IEnumerable<KeyValuePair<string, string?>> values, IEnumerable<string> given, string folder)
    {
        var parsed = Parse(verb, values.Where(v => v.Value is not null).Select(v => new KeyValuePair<string, string>(v.Key, v.Value!)));
        foreach (var (name, value) in values)
            if (value is null && OptionTable.Find(name) is { } option) parsed.values[option.Name] = null;
        return new TrainOptions(verb, parsed.values, [.. given]) { folder = folder };
    }

    /// <summary>The options that the user gave, in the table's order, and their values.</summary>
    internal IEnumerable<(OptionSpec Option, string? Value)> Given => OptionTable.For(Verb).Where(o => given.Contains(o.Name)).Select(o => (o, values[o.Name]));

    /// <summary>The val verb's options for the weights that a training made, on its data: as a user would type them.</summary>
    /// <param name="weights">The weights.</param>
    /// <param name="json">Where the metrics go.</param>
    public TrainOptions ForValidation(string weights, string json) => Parse(Verb.Val,
    [
        new("model", weights), new("data", Data), new("json", json),
        .. new[] { "imgsz", "workers", "crop_fraction", "conf", "iou", "max_det", "single_cls", "plots", "verbose", "box", "cls", "dfl" }.Select(n => new KeyValuePair<string, string>(n, values[n]!)),
        .. values["classes"] is { } classes ? new KeyValuePair<string, string>[] { new("classes", classes) } : [],
    ]);

    public Verb Verb { get; }

    /// <summary>Full path of the folder that the data set is looked for from: where the program was started; of a resumed training, where it was started first.</summary>
    internal string Folder => Path.GetFullPath(folder.Length == 0 ? "." : folder);

    /// <summary>The verb's options and their values (null: none), in the table's order: what args.yaml holds.</summary>
    public IEnumerable<(string Name, string? Value)> Values => OptionTable.For(Verb).Select(o => (o.Name, values[o.Name]));

    /// <summary>Whether the user gave this option, be it with its default value.</summary>
    public bool IsGiven(string name) => given.Contains(name);

    /// <summary>The task that the user named, or null: the model tells.</summary>
    public string? Task => values["task"];
    public string Model => Required("model", "model=yolo11n.yaml");
    public string Data => Path.Combine(folder, Required("data", "data=path/to/data.yaml"));
    public string Source => Required("source", "source=path/to/pictures");
    public int Epochs => Integer("epochs");
    public int Batch => BatchShare is null ? Integer("batch") : throw new InputException($"batch={values["batch"]}: only train finds a batch by itself; give {OptionTable.Name(Verb)} a number of images");

    /// <summary>The share of the free memory that a batch is to fit into, where batch= names no number; −1 means 0.6.</summary>
    public double? BatchShare => Number("batch") switch
    {
        -1 => 0.6,
        < 1 and var share => share,
        _ => null,
    };
    /// <summary>Input size in pixels, rounded up to a multiple of the largest stride, 32.</summary>
    public int ImageSize => (Integer("imgsz") + 31) / 32 * 32;
    public bool HasData => values["data"] is not null;
    public string? Device => values["device"];
    /// <summary>Who computes convolutions on a GPU: auto, native or cudnn.</summary>
    public string Conv => values["conv"]!;
    /// <summary>Whether a GPU may replay training steps of the same shapes as CUDA graphs.</summary>
    public bool Graphs => Switch("graphs");
    /// <summary>Loader threads, at most one a core.</summary>
    public int Workers => Math.Min(Integer("workers"), Environment.ProcessorCount);
    /// <summary>Where the sets' decoded pixels are kept.</summary>
    public CacheMode Cache => values["cache"] switch { "true" or "ram" => CacheMode.Ram, "disk" => CacheMode.Disk, _ => CacheMode.None };
    /// <summary>Compute threads; 0: one a core.</summary>
    public int Threads => Integer("threads");
    public int Seed => Integer("seed");
    /// <summary>Whether batch norm takes its statistics over the images of all processes.</summary>
    public bool SyncBatchNorm => Switch("sync_bn");
    /// <summary>How long a process may be silent before it is taken to be lost.</summary>
    public TimeSpan RankTimeout => TimeSpan.FromSeconds(Number("rank_timeout"));
    /// <summary>The only classes to learn and to find; null: all.</summary>
    public IReadOnlyList<int>? Classes => values["classes"] is { } list ? OptionSpec.ListOf(list) : null;

    /// <summary><see cref="Classes"/>, checked against what there is.</summary>
    /// <param name="count">Classes that there are.</param>
    /// <param name="whose">The file that has them.</param>
    /// <exception cref="InputException">One of them is not there.</exception>
    public IReadOnlyList<int>? ClassesAmong(int count, string whose) => Classes?.FirstOrDefault(c => c >= count, -1) is { } c and >= 0
        ? throw new InputException($"classes={c}: {whose} has classes 0 to {count - 1}")
        : Classes;

    public bool SingleClass => Switch("single_cls");
    public double Fraction => Number("fraction");
    /// <summary>Half the range of a batch's size, as a part of imgsz; 0: all batches have that size.</summary>
    public double MultiScale => values["multi_scale"] switch { "true" => 0.5, "false" => 0, var number => double.Parse(number!, CultureInfo.InvariantCulture) };
    public string Pretrained => values["pretrained"]!;
    /// <summary>Numbers of the layers to freeze.</summary>
    public IReadOnlyList<int> Freeze => values["freeze"] is { } text ? LayerList.Parse(text) : [];

    public string? Project => values["project"];
    public string? Name => values["name"];
    /// <summary>The training to go on with: a file or folder, or "true"; null: a new training.</summary>
    public string? Resume => values["resume"] == "false" ? null : values["resume"];
    /// <summary>Hours after which the training ends, or null.</summary>
    public double? Hours => values["time"] is null ? null : Number("time");
    public bool ExistOk => Switch("exist_ok");
    public bool Save => Switch("save");
    public int SavePeriod => Integer("save_period");
    public bool Plots => Switch("plots");
    public bool TensorBoard => Switch("tensorboard");
    public bool Verbose => Switch("verbose");

    public string Optimizer => values["optimizer"]!;
    public double Lr0 => Number("lr0");
    public double Lrf => Number("lrf");
    public double Momentum => Number("momentum");
    public double WeightDecay => Number("weight_decay");
    public double WarmupEpochs => Number("warmup_epochs");
    public double WarmupMomentum => Number("warmup_momentum");
    public double WarmupBiasLr => Number("warmup_bias_lr");
    public bool CosLr => Switch("cos_lr");
    public int NominalBatch => Integer("nbs");
    public int Patience => Integer("patience");
    public int CloseMosaic => Integer("close_mosaic");

    /// <summary>"true", "false", "bf16" or "fp16"; <see cref="Precision"/> says what it comes to on a backend.</summary>
    public string Amp => values["amp"]!;

    public double BoxGain => Number("box");
    public double ClsGain => Number("cls");
    public double DflGain => Number("dfl");

    /// <summary>The gains, as the loss takes them.</summary>
    public DetectionLossOptions LossOptions =>
        new() { BoxGain = (float)BoxGain, ClsGain = (float)ClsGain, DflGain = (float)DflGain };

    public double HsvH => Number("hsv_h");
    public double HsvS => Number("hsv_s");
    public double HsvV => Number("hsv_v");
    public double Degrees => Number("degrees");
    public double Translate => Number("translate");
    public double Scale => Number("scale");
    public double Shear => Number("shear");
    public double Perspective => Number("perspective");
    public double FlipUd => Number("flipud");
    public double FlipLr => Number("fliplr");
    public double Mosaic => Number("mosaic");
    public double Mixup => Number("mixup");
    public double CopyPaste => Number("copy_paste");
    public double Bgr => Number("bgr");

    /// <summary>A classifier's probability of dropping a feature.</summary>
    public float Dropout => (float)Number("dropout");

    /// <summary>The augmentations, as the loader takes them.</summary>
    public AugmentOptions Augmentation => new()
    {
        Mosaic = (float)Mosaic, Mixup = (float)Mixup, CopyPaste = (float)CopyPaste, Bgr = (float)Bgr,
        HsvH = (float)HsvH, HsvS = (float)HsvS, HsvV = (float)HsvV,
        Degrees = (float)Degrees, Translate = (float)Translate, Scale = (float)Scale, Shear = (float)Shear, Perspective = (float)Perspective,
        FlipUd = (float)FlipUd, FlipLr = (float)FlipLr,
    };

    /// <summary>The augmentations, as the loader of a classifier takes them.</summary>
    public ClassifyAugmentOptions ClassifyAugmentation => new()
    {
        Scale = (float)Scale, FlipUd = (float)FlipUd, FlipLr = (float)FlipLr,
        RandAugment = values["auto_augment"] == "randaugment",
        HsvH = (float)HsvH, HsvS = (float)HsvS, HsvV = (float)HsvV,
        Erasing = (float)Number("erasing"),
    };

    /// <summary>Part of the short side that a classifier sees in validation and prediction.</summary>
    public double CropFraction => Number("crop_fraction");

    public bool Val => Switch("val");
    public string DataSplit => values["split"]!;
    public bool Rect => Switch("rect");
    public double Conf => Number("conf");
    public double Iou => Number("iou");
    public int MaxDetections => Integer("max_det");
    public bool AgnosticNms => Switch("agnostic_nms");
    public bool SaveTxt => Switch("save_txt");
    public bool SaveConf => Switch("save_conf");
    public bool SaveJson => Switch("save_json");
    public string? Json => values["json"];

    /// <summary>What the user should know of how the options were taken, a line each.</summary>
    public IEnumerable<string> Notices
    {
        get
        {
            if (Integer("imgsz") != ImageSize) yield return $"imgsz={Integer("imgsz")} is no multiple of 32: {ImageSize} is used";
            if (Verb == Verb.Predict && values["batch"] != "1") yield return $"batch={values["batch"]}: predict takes one picture at a time";
            if (IsGiven("pretrained") && Pretrained == "true" && values["model"] is { } model && !ModelSource.IsWeights(model))
                yield return $"pretrained=true: {model} has no weights to load; training starts from scratch";
            if (Verb == Verb.Train && !Save && SavePeriod > 0) yield return $"save_period={SavePeriod}: of no effect with save=false";
            if (Verb == Verb.Train && Rect) yield return "rect=true: batches of rectangles, without mosaic, mixup and copy_paste";
        }
    }

    private string Required(string name, string example) =>
        values[name] ?? throw new InputException($"{OptionTable.Name(Verb)} needs {name}=, for example {example}");

    private int Integer(string name) => int.Parse(values[name]!, CultureInfo.InvariantCulture);

    private double Number(string name) => double.Parse(values[name]!, CultureInfo.InvariantCulture);

    private bool Switch(string name) => values[name] == "true";
}
