namespace NativeTrain.Vision.Data.Checking;

/// <summary>What can be found in a data set: first the problems, then what is only worth knowing.</summary>
public enum FindingKind
{
    UnreadableImage,
    MissingSplit,
    Leak,
    BadLabel,
    DuplicateLabel,
    DuplicateImage,
    LabelWithoutImage,
    UntrainedClass,
    NearDuplicate,
    TinyBox,
    ImageWithoutLabel,
    UnusedClass,
    Note,
}

/// <summary>The words for a <see cref="FindingKind"/>.</summary>
public static class FindingKinds
{
    /// <summary>Whether it spoils a training or its measure; false: worth knowing.</summary>
    public static bool IsProblem(this FindingKind kind) => kind <= FindingKind.UntrainedClass;

    /// <summary>The heading of such findings in the report.</summary>
    public static string Title(this FindingKind kind) => kind switch
    {
        FindingKind.UnreadableImage => "unreadable images",
        FindingKind.MissingSplit => "splits that cannot be read",
        FindingKind.Leak => "leakage: the same pixels in more than one split",
        FindingKind.BadLabel => "label lines that are left out",
        FindingKind.DuplicateLabel => "label lines that repeat another",
        FindingKind.DuplicateImage => "images with the same pixels in one split",
        FindingKind.LabelWithoutImage => "label files without an image",
        FindingKind.UntrainedClass => "classes that are validated or tested, but not trained",
        FindingKind.NearDuplicate => "images that look nearly the same",
        FindingKind.TinyBox => "objects less than 2 pixels wide or high, which training drops",
        FindingKind.ImageWithoutLabel => "images without a label file, taken as background",
        FindingKind.UnusedClass => "classes with a name and without an object",
        _ => "remarks",
    };

    /// <summary>The name of such findings in JSON: "unreadable_image", …</summary>
    public static string Key(this FindingKind kind) => kind switch
    {
        FindingKind.UnreadableImage => "unreadable_image",
        FindingKind.MissingSplit => "missing_split",
        FindingKind.Leak => "leak",
        FindingKind.BadLabel => "bad_label",
        FindingKind.DuplicateLabel => "duplicate_label",
        FindingKind.DuplicateImage => "duplicate_image",
        FindingKind.LabelWithoutImage => "label_without_image",
        FindingKind.UntrainedClass => "untrained_class",
        FindingKind.NearDuplicate => "near_duplicate",
        FindingKind.TinyBox => "tiny_box",
        FindingKind.ImageWithoutLabel => "image_without_label",
        FindingKind.UnusedClass => "unused_class",
        _ => "note",
    };
}
