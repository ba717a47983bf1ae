using NativeTrain.Core;
using NativeTrain.Vision.Images;

namespace NativeTrain.Vision.Data;

/// <summary>
/// One split of a data set: its readable images with their labels, in ordinal order of their paths, and the
/// decoded pixels on demand. Safe to read from several threads.
/// </summary>
public sealed class DetectionDataset
{
    private readonly ImageCache cache;

    private DetectionDataset(DataYaml yaml, string split, int imgsz, List<ImageLabels> labels, List<string> problems, int skipped, long cacheBytes)
    {
        Yaml = yaml;
        Split = split;
        ImageSize = imgsz;
        Labels = labels;
        Problems = problems;
        SkippedImages = skipped;
        cache = new ImageCache(labels.Count, cacheBytes);
    }

    public DataYaml Yaml { get; }
    public string Split { get; }

    /// <summary>Pixels of the long side that <see cref="Load"/> resizes to.</summary>
    public int ImageSize { get; }

    public IReadOnlyList<string> Names => Yaml.Names;
    public int Count => Labels.Count;
    public IReadOnlyList<ImageLabels> Labels { get; }

    /// <summary>One line for each image or label row that was left out, and what is wrong with it.</summary>
    public IReadOnlyList<string> Problems { get; }

    /// <summary>How many images were left out as unreadable.</summary>
    public int SkippedImages { get; }

    /// <summary>Images without an object.</summary>
    public int Backgrounds => Labels.Count(l => l.Rows.Count == 0);

    /// <summary>Labelled objects.</summary>
    public int Instances => Labels.Sum(l => l.Rows.Count);

    /// <summary>Reads every label file and every image's header.</summary>
    /// <param name="yaml">The set.</param>
    /// <param name="split">"train", "val" or "test".</param>
    /// <param name="imgsz">Pixels of the long side at loading.</param>
    /// <param name="cacheBytes">Most bytes of resized images to keep in memory; null for the default (<see cref="ImageCache.DefaultBudget"/>), 0 for none. The pixels are the same either way.</param>
    /// <exception cref="InputException">The split is missing or empty, or no image of it is readable.</exception>
    public static DetectionDataset Open(DataYaml yaml, string split, int imgsz, long? cacheBytes = null)
    {
        ArgumentNullException.ThrowIfNull(yaml);
        ArgumentOutOfRangeException.ThrowIfLessThan(imgsz, 1);
        var images = yaml.Images(split);
        var read = new (ImageLabels? Labels, List<string> Problems)[images.Count];
        Parallel.For(0, images.Count, i => read[i] = ReadOne(images[i], yaml.Names.Count));

        var labels = read.Where(r => r.Labels is not null).Select(r => r.Labels!).ToList();
        var problems = read.SelectMany(r => r.Problems).ToList();
        if (labels.Count == 0)
            throw new InputException($"{yaml.Path}: none of the {images.Count} images of the '{split}' split can be used; the first: {problems[0]}");
        return new DetectionDataset(yaml, split, imgsz, labels, problems, images.Count - labels.Count, cacheBytes ?? ImageCache.DefaultBudget());
    }

    private static (ImageLabels?, List<string>) ReadOne(string image, int classes)
    {
        var problems = new List<string>();
        try
        {
            var (height, width) = ImageFile.ReadSize(image);
            var rows = LabelFile.Read(LabelFile.PathFor(image), classes, problems);
            return (new ImageLabels(image, height, width, rows), problems);
        }
        catch (InputException e)
        {
            return (null, [e.Message]);
        }
    }

    /// <summary>The image's size after loading: the long side <see cref="ImageSize"/>, the other rounded up.</summary>
    public (int Height, int Width) LoadedSize(int index)
    {
        var l = Labels[index];
        double r = (double)ImageSize / Math.Max(l.Height, l.Width);
        return (Scale(l.Height, r), Scale(l.Width, r));
    }

    private int Scale(int side, double r) => Math.Max(1, Math.Min((int)Math.Ceiling(side * r), ImageSize));

    /// <summary>The image, resized as <see cref="LoadedSize"/> says. Shared: not to be written to.</summary>
    /// <exception cref="InputException">The file's pixels are damaged, or the file is no longer there.</exception>
    public RgbImage Load(int index) => cache.Get(index, () =>
    {
        var (h, w) = LoadedSize(index);
        return ImageFile.Load(Labels[index].Path).Resize(h, w);
    });
}
