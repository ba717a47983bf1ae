using NativeTrain.Core;

namespace NativeTrain.Training;

/// <summary>
/// Every option of train, val and predict, once. The command line's parser, its help page, the checks,
/// args.yaml and the docs are all made from this table. Names, meanings and defaults are the reference's.
/// </summary>
public static class OptionTable
{
    /// <summary>What device= takes, in every verb that computes.</summary>
    public const string DeviceMeaning = "where to compute: cuda, the number of a GPU, emulator (its kernels, run by the CPU: slow, for tests) or cpu; if it is not given, cuda where a driver answers, else cpu";

    /// <summary>What conv= takes, in every verb that computes.</summary>
    public const string ConvMeaning = "who computes convolutions on a GPU: native (NativeTrain's own kernels), cudnn, or auto: whichever is faster for each shape, measured once and kept in the cache folder (emulator: native)";

    /// <summary>What graphs= takes, in every verb that trains.</summary>
    public const string GraphsMeaning = "on a GPU, record a training step once for each shape of batch and launch it as a whole from then on (a CUDA graph); results do not depend on it";

    /// <summary>The values of conv=.</summary>
    public static IReadOnlyList<string> ConvChoices { get; } = ["auto", "native", "cudnn"];

    /// <summary>All options, in the order of the help page and of args.yaml.</summary>
    public static IReadOnlyList<OptionSpec> All { get; } =
    [
        // --- what to work on
        Text("task", null, "what the model is for: detect, segment or classify; if given, model= must agree", Verb.All) with { ChangesWeights = false, Choices = ["detect", "segment", "classify"] },
        Text("model", null, "model: a graph (yolo11n.yaml, also s, m, l, x) to start from scratch, or weights (*.safetensors, *.pt)", Verb.All),
        Text("data", null, "the data set's data.yaml (predict: only for its class names)", Verb.All),
        Text("source", null, "pictures to look at: a file, a folder or a pattern such as 'photos/*.jpg'", Verb.Predict),
        Integer("epochs", 100, "how many times to go through the training set", Verb.Train, 1),
        new("time", OptionType.Number, null, "hours that the training may take; it takes the place of epochs", Verb.Train) { Min = 1e-6 },
        new("batch", OptionType.CountOrShare, "16", "images in one batch (predict: always 1); train: -1 takes as many as fit into 60 % of the free memory, 0.8 into 80 %", Verb.All) { Min = 1, Max = 4096, PredictDefault = "1" },
        Integer("imgsz", 640, "size of the network's input in pixels, rounded up to a multiple of 32 (val, predict: if it is not given, what the weights were trained with)", Verb.All, 32, 8192),
        Text("device", null, DeviceMeaning, Verb.All) with { ChangesWeights = false },
        Text("conv", "auto", ConvMeaning, Verb.All) with { ChangesWeights = false, Choices = ConvChoices },
        Switch("graphs", true, GraphsMeaning, Verb.Train) with { ChangesWeights = false },
        Integer("workers", 8, "threads that load and augment images (0: load in the training thread); results do not depend on it", Verb.Train | Verb.Val, 0, 256) with { ChangesWeights = false },
        Text("cache", "false", "where decoded pictures are kept: false (a part of them, in memory), true or ram (all, in memory), disk (all, in a file beside the data set); the pixels are the same", Verb.Train | Verb.Val) with { ChangesWeights = false, Choices = ["false", "true", "ram", "disk"] },
        Integer("threads", 0, "threads that compute on the CPU (0: one a core; of several processes on a machine each takes its share), of no effect on a GPU; results do not depend on it", Verb.All, 0, 1024) with { ChangesWeights = false },
        new("classes", OptionType.Integers, null, "only objects of these classes, e.g. 0 or [0,2]: those of others are neither learned nor found (none: all)", Verb.All) { Min = 0 },
        Switch("single_cls", false, "take all objects to be of one class, called item", Verb.Train | Verb.Val),
        Number("fraction", 1, "train on this part of the training images, chosen by the seed; at least one", Verb.Train, 0.0001, 1),
        Integer("seed", 0, "where all randomness starts from; the same seed gives the same weights", Verb.Train, 0),
        new("pretrained", OptionType.SwitchOrText, "true", "start from the weights where model= names some (true), from scratch (false), or from those of this file (*.safetensors, *.pt)", Verb.Train),
        Text("freeze", null, "layers whose weights stay as they are: the first N (freeze=10), or a list of numbers (freeze=[0,2,4])", Verb.Train),

        // --- where results go
        Text("project", null, "folder of runs (runs/detect)", Verb.All) with { ChangesWeights = false },
        Text("name", null, "name of this run's folder (train, val, predict; a number is added where it exists)", Verb.All) with { ChangesWeights = false },
        new("resume", OptionType.SwitchOrText, "false", "go on with an interrupted training: its weights/last.safetensors or its run folder (true: model= names the file)", Verb.Train) { ChangesWeights = false },
        Switch("exist_ok", false, "write into the run's folder even where it exists", Verb.All) with { ChangesWeights = false },
        Switch("save", true, "train: write the weights after every epoch (false: only the best and the final weights); predict: write pictures with boxes", Verb.Train | Verb.Predict) with { ChangesWeights = false },
        Integer("save_period", -1, "also keep the weights of every N-th epoch (-1: no)", Verb.Train, -1) with { ChangesWeights = false },
        Switch("plots", true, "draw curves and example batches", Verb.Train | Verb.Val) with { ChangesWeights = false },
        Switch("tensorboard", false, "write the run's curves as a TensorBoard event file too", Verb.Train) with { ChangesWeights = false },
        Switch("verbose", true, "print a line for each class in validation, for each picture in predict (false: only the line for all classes; no line)", Verb.All) with { ChangesWeights = false },

        // --- the optimizer and its schedule
        new("optimizer", OptionType.Text, "auto", "auto: SGD for more than 10000 iterations, else AdamW, with lr and momentum to match", Verb.Train)
        { Choices = ["auto", "SGD", "Adam", "AdamW", "NAdam", "RAdam", "RMSProp"] },
        Number("lr0", 0.01, "learning rate after the warm-up", Verb.Train, 0),
        Number("lrf", 0.01, "learning rate of the end, as a part of lr0", Verb.Train, 0),
        Number("momentum", 0.937, "momentum of SGD and RMSProp, beta1 of the Adam kind", Verb.Train, 0, 0.9999),
        Number("weight_decay", 0.0005, "weight decay at the nominal batch; biases and batch-norm weights have none", Verb.Train, 0),
        Number("warmup_epochs", 3, "epochs of warm-up (at least 100 iterations; 0: none)", Verb.Train, 0),
        Number("warmup_momentum", 0.8, "momentum at the start of the warm-up", Verb.Train, 0, 0.9999),
        Number("warmup_bias_lr", 0.1, "learning rate of biases at the start of the warm-up (0 where optimizer=auto)", Verb.Train, 0),
        Switch("cos_lr", false, "cosine learning-rate schedule instead of a straight line", Verb.Train),
        Integer("nbs", 64, "nominal batch: gradients accumulate until about so many images were seen", Verb.Train, 1),
        Integer("patience", 100, "stop after so many epochs without a better fitness (0: never)", Verb.Train, 0),
        Integer("close_mosaic", 10, "the last N epochs run without mosaic, mixup and copy_paste", Verb.Train, 0),
        new("multi_scale", OptionType.SwitchOrNumber, "false", "each batch gets a size of its own between 1 - this and 1 + this times imgsz, in multiples of 32 (true: 0.5)", Verb.Train) { Min = 0, Max = 0.99 },
        Number("dropout", 0, "classify: probability of dropping a feature before the last layer in a training step", Verb.Train, 0, 0.99),

        Switch("sync_bn", false, "where several processes train together: batch norm takes its statistics over the images of all of them, so that they train as one would", Verb.Train),
        Number("rank_timeout", 30, "where several processes train together: seconds of silence after which one is taken to be lost and the run ends", Verb.Train, 1) with { ChangesWeights = false },

        new("amp", OptionType.SwitchOrText, "true", "mixed precision: feature maps of 16 bits, weights and sums in fp32. true: fp16 on a GPU, bf16 where the processor computes in it, else fp32; bf16, fp16: on any processor, however slowly; false: fp32", Verb.Train)
        { Choices = ["true", "false", "bf16", "fp16"] },

        // --- the loss
        Number("box", 7.5, "gain of the box loss", Verb.Train | Verb.Val, 0),
        Number("cls", 0.5, "gain of the class loss", Verb.Train | Verb.Val, 0),
        Number("dfl", 1.5, "gain of the distribution focal loss", Verb.Train | Verb.Val, 0),

        // --- augmentation
        Number("hsv_h", 0.015, "hue varies by this part", Verb.Train, 0, 1),
        Number("hsv_s", 0.7, "saturation varies by this part", Verb.Train, 0, 1),
        Number("hsv_v", 0.4, "brightness varies by this part", Verb.Train, 0, 1),
        Number("degrees", 0, "rotation up to so many degrees either way", Verb.Train, 0, 180),
        Number("translate", 0.1, "shift up to this part of the size", Verb.Train, 0, 1),
        Number("scale", 0.5, "scale between 1 - scale and 1 + scale (classify: crops of 1 - scale to all of the area)", Verb.Train, 0, 0.99),
        Number("shear", 0, "shear up to so many degrees", Verb.Train, 0, 89),
        Number("perspective", 0, "perspective coefficient", Verb.Train, 0, 0.001),
        Number("flipud", 0, "probability of an upside-down flip", Verb.Train, 0, 1),
        Number("fliplr", 0.5, "probability of a left-right flip", Verb.Train, 0, 1),
        Number("mosaic", 1, "probability of making an image of four", Verb.Train, 0, 1),
        Number("mixup", 0, "probability of blending with another image", Verb.Train, 0, 1),
        Number("copy_paste", 0, "segment: probability of pasting an object a second time, mirrored, where there is room", Verb.Train, 0, 1),
        Number("bgr", 0, "probability of swapping red and blue", Verb.Train, 0, 1),
        Text("auto_augment", "randaugment", "classify: two random operations of RandAugment on each picture, in place of the colour jitter of hsv_* (none: the jitter)", Verb.Train) with { Choices = ["randaugment", "none"] },
        Number("erasing", 0.4, "classify: probability of blacking out a rectangle", Verb.Train, 0, 1),

        // --- validation and prediction
        Switch("val", true, "validate after each epoch", Verb.Train),
        Text("split", "val", "the part of the data set to validate on: train, val or test", Verb.Val) with { Choices = ["train", "val", "test"] },
        Switch("rect", false, "rectangular batches: images sorted by shape and padded little (false: squares); a training then has neither mosaic nor mixup", Verb.All) with { ValDefault = "true", PredictDefault = "true" },
        Number("crop_fraction", 1, "classify: part of the short side that validation and prediction keep around the middle", Verb.All, 0.1, 1),
        Number("conf", 0.001, "least confidence of a detection", Verb.All, 0, 1) with { PredictDefault = "0.25" },
        Number("iou", 0.7, "non-maximum suppression removes boxes that overlap a better one by more than this", Verb.All, 0, 1),
        Integer("max_det", 300, "most detections an image", Verb.All, 1, 30000),
        Switch("agnostic_nms", false, "boxes of different classes suppress each other too", Verb.Val | Verb.Predict),
        Switch("save_txt", false, "write detections as text, one file an image: class, centre x, centre y, width, height", Verb.Val | Verb.Predict),
        Switch("save_conf", false, "add the confidence to the lines of save_txt", Verb.Val | Verb.Predict),
        Switch("save_json", false, "write all detections to predictions.json", Verb.Val | Verb.Predict),
        Text("json", null, "write the metrics to this file", Verb.Val),
    ];

    /// <summary>Options of the reference that this version does not offer, with the value that is true of it all the same.</summary>
    public static IReadOnlyDictionary<string, string> NotYet { get; } = new Dictionary<string, string>
    {
        ["half"] = "false", ["profile"] = "false",
        ["deterministic"] = "true",
        ["augment"] = "false", ["dnn"] = "false", ["save_hybrid"] = "false", ["visualize"] = "false", ["show"] = "false",
        ["save_crop"] = "false", ["save_frames"] = "false", ["show_labels"] = "true", ["show_conf"] = "true", ["show_boxes"] = "true",
        ["line_width"] = "none", ["embed"] = "none", ["vid_stride"] = "1", ["stream_buffer"] = "false",
        ["int8"] = "false", ["tracker"] = "botsort.yaml", ["cfg"] = "none", ["copy_paste_mode"] = "flip",
        // of export
        ["keras"] = "false", ["optimize"] = "false", ["workspace"] = "none",
        // of other tasks: segment, pose
        ["overlap_mask"] = "true", ["mask_ratio"] = "4", ["retina_masks"] = "false", ["pose"] = "12.0", ["kobj"] = "1.0",
    };

    /// <summary>The options that a verb knows.</summary>
    public static IEnumerable<OptionSpec> For(Verb verb) => All.Where(o => (o.Verbs & verb) != 0);

    /// <summary>The option of that name ("save-period" and "save_period" are the same), or null.</summary>
    public static OptionSpec? Find(string name)
    {
        ArgumentNullException.ThrowIfNull(name);
        string n = name.Replace('-', '_');
        return All.FirstOrDefault(o => o.Name == n);
    }

    /// <summary>The known option whose name is the fewest edits away from <paramref name="name"/>.</summary>
    public static string Nearest(string name, Verb verb) =>
        For(verb).MinBy(o => EditDistance.Between(name, o.Name))!.Name;

    /// <summary>
    /// Checks one option for a verb. Returns its row and normalised value, or null where the option says
    /// nothing new: one of <see cref="NotYet"/> with the value that holds today, or one
    /// of another verb with its default.
    /// </summary>
    /// <exception cref="InputException">Unknown, not in this version, not of this verb, or a wrong value.</exception>
    public static (OptionSpec Option, string? Value)? Check(Verb verb, string name, string value)
    {
        ArgumentNullException.ThrowIfNull(name);
        string n = name.Replace('-', '_');
        if (Find(n) is { } option)
        {
            string? v = option.Normalise(value);
            if ((option.Verbs & verb) != 0) return (option, v);
            if (v == (option.Elsewhere ?? option.Default)) return null;
            if (option.Elsewhere is { } only) throw new InputException($"{n}={value}: not in {Name(verb)} (only {n}={only}); it belongs to {Name(option.Verbs)}");
            throw new InputException($"{n}={value}: {Name(verb)} has no such option; it belongs to {Name(option.Verbs)}");
        }
        if (IsNotYet(n, value)) return null;
        throw new InputException($"unknown option '{name}'; did you mean '{Nearest(n, verb)}'?");
    }

    /// <summary>Whether it is one of <see cref="NotYet"/>, with the value that holds today.</summary>
    /// <exception cref="InputException">It is one of them with another value.</exception>
    public static bool IsNotYet(string name, string value)
    {
        if (!NotYet.TryGetValue(name, out string? today)) return false;
        return SameValue(value, today) ? true : throw new InputException($"{name}={value}: not in this version yet (only {name}={today})");
    }

    /// <summary>"train", "val, predict": the names of the verbs.</summary>
    public static string Name(Verb verbs) =>
        string.Join(", ", new[] { Verb.Train, Verb.Val, Verb.Predict }.Where(v => (verbs & v) != 0).Select(v => v.ToString().ToLowerInvariant()));

    private static bool SameValue(string given, string today)
    {
        foreach (var type in new[] { OptionType.Switch, OptionType.Number, OptionType.Text })
        {
            var spec = new OptionSpec("", type, null, "", Verb.None);
            try { return spec.Normalise(given)?.ToLowerInvariant() == spec.Normalise(today); }
            catch (InputException) { }
        }
        return false;
    }

    private static OptionSpec Text(string name, string? value, string help, Verb verbs) => new(name, OptionType.Text, value, help, verbs);

    private static OptionSpec Switch(string name, bool value, string help, Verb verbs) => new(name, OptionType.Switch, value ? "true" : "false", help, verbs);

    private static OptionSpec Integer(string name, int value, string help, Verb verbs, double min, double max = double.PositiveInfinity) =>
        new(name, OptionType.Integer, value.ToString(), help, verbs) { Min = min, Max = max };

    private static OptionSpec Number(string name, double value, string help, Verb verbs, double min, double max = double.PositiveInfinity)
    {
        var spec = new OptionSpec(name, OptionType.Number, "", help, verbs) { Min = min, Max = max };
        return spec with { Default = spec.Normalise(value.ToString("R")) };
    }
}
