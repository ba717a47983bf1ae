using NativeTrain.Core;
using NativeTrain.Vision.Images;

namespace NativeTrain.Vision.Data;

/// <summary>
/// One split of a data set: its readable images with their labels, in ordinal order of their paths, and the
/// decoded pixels on demand. Safe to read from several threads.
/// </summary>
public sealed class DetectionDataset : IImageSet
{
    private readonly ImageCache cache;

    private DetectionDataset(DataYaml yaml, string split, int imgsz, List<ImageLabels> labels, List<string> problems, int skipped, ImageCache cache)
    {
        Yaml = yaml;
        Split = split;
        ImageSize = imgsz;
        Labels = labels;
        Problems = problems;
        SkippedImages = skipped;
        this.cache = cache;
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

    /// <summary>
    /// Reads every label file and every image's header, and decodes as many images, from the first on, as the cache
    /// has room for. Damage inside the pixels of a later one shows only in <see cref="Load"/>.
    /// </summary>
    /// <param name="yaml">The set.</param>
    /// <param name="split">"train", "val" or "test".</param>
    /// <param name="imgsz">Pixels of the long side at loading.</param>
    /// <param name="cacheBytes">Most bytes of resized images to keep in memory; null for the default (<see cref="ImageCache.DefaultBudget"/>), 0 for none. The pixels are the same either way.</param>
    /// <exception cref="InputException">The split is missing or empty, or no image of it is readable.</exception>
    public static DetectionDataset Open(DataYaml yaml, string split, int imgsz, long? cacheBytes = null)
    {
        ArgumentNullException.ThrowIfNull(yaml);
        ArgumentOutOfRangeException.ThrowIfLessThan(imgsz, 1);
        long room = cacheBytes ?? ImageCache.DefaultBudget();
        var problems = new List<string>();
        var images = yaml.Images(split, problems);
        var read = new Entry[images.Count];
        Parallel.For(0, images.Count, i => read[i] = ReadLabels(images[i], yaml.Names.Count));
        int decoded = FirstThatFit(read, imgsz, room);
        Parallel.For(0, decoded, i => read[i] = Decode(read[i], imgsz));

        problems.AddRange(read.SelectMany(r => r.Problems));
        var usable = read.Where(r => r.Labels is not null).ToList();
        if (usable.Count == 0)
            throw new InputException($"{yaml.Path}: none of the {images.Count} images of the '{split}' split can be used; the first: {read[0].Problems[0]}");
        var cache = new ImageCache([.. usable.Select(r => r.Pixels)], room);
        return new DetectionDataset(yaml, split, imgsz, [.. usable.Select(r => r.Labels!)], problems, images.Count - usable.Count, cache);
    }

    /// <summary>What was found out about one image; without labels it cannot be used.</summary>
    private readonly record struct Entry(ImageLabels? Labels, IReadOnlyList<string> Problems, RgbImage? Pixels = null);

    private static Entry ReadLabels(string image, int classes)
    {
        var problems = new List<string>();
        try
        {
            var (height, width) = ImageFile.ReadSize(image);
            var rows = LabelFile.Read(LabelFile.PathFor(image), classes, problems);
            return new Entry(new ImageLabels(image, height, width, rows), problems);
        }
        catch (InputException e)
        {
            return new Entry(null, [e.Message]);
        }
    }

    private static Entry Decode(Entry entry, int imgsz)
    {
        if (entry.Labels is null) return entry;
        try
        {
            return entry with { Pixels = Load(entry.Labels, imgsz) };
        }
        catch (InputException e)
        {
            return new Entry(null, [e.Message]);
        }
    }

    /// <summary>How many entries, in their order, have pixels of at most so many bytes together.</summary>
    private static int FirstThatFit(Entry[] entries, int imgsz, long bytes)
    {
        for (int i = 0; i < entries.Length; i++)
        {
            if (entries[i].Labels is not { } labels) continue;
            var (height, width) = ScaledSize(labels, imgsz);
            bytes -= 3L * height * width;
            if (bytes < 0) return i;
        }
        return entries.Length;
    }

    /// <summary>The image's size after loading: the long side imgsz, the other rounded up.</summary>
    private static (int Height, int Width) ScaledSize(ImageLabels image, int imgsz)
    {
        double r = (double)imgsz / Math.Max(image.Height, image.Width);
        return (Scale(image.Height), Scale(image.Width));

        int Scale(int side) => Math.Max(1, Math.Min((int)Math.Ceiling(side * r), imgsz));
    }

    /// <summary>The image, resized: the long side <see cref="ImageSize"/>, the other in proportion, rounded up. Shared: not to be written to.</summary>
    /// <exception cref="InputException">The file's pixels are damaged, or the file is no longer there.</exception>
    public RgbImage Load(int index) => cache.Get(index, () => Load(Labels[index], ImageSize));

    private static RgbImage Load(ImageLabels image, int imgsz)
    {
        var (height, width) = ScaledSize(image, imgsz);
        return ImageFile.Load(image.Path).Resize(height, width);
    }
}
