using NativeTrain.Core;
using NativeTrain.Vision.Images;

namespace NativeTrain.Vision.Data;

/// <summary>
/// One split of a data set: its readable images with their labels, in ordinal order of their paths, and the
/// decoded pixels on demand. Safe to read from several threads.
/// </summary>
public sealed class DetectionDataset : IImageSet
{
    private readonly IPixelStore pixels;
    private readonly int[] places;

    private DetectionDataset(DataYaml yaml, string split, int imgsz, bool masks, List<ImageLabels> labels, List<string> problems, int skipped, IPixelStore pixels, int[] places)
    {
        Yaml = yaml;
        Split = split;
        ImageSize = imgsz;
        HasMasks = masks;
        Labels = labels;
        Problems = problems;
        SkippedImages = skipped;
        this.pixels = pixels;
        this.places = places;
    }

    public DataYaml Yaml { get; }
    public string Split { get; }

    /// <summary>Pixels of the long side that <see cref="Load"/> resizes to.</summary>
    public int ImageSize { get; }

    /// <summary>Whether every object has an outline, and batches have masks.</summary>
    public bool HasMasks { get; }

    public IReadOnlyList<string> Names => Yaml.Names;
    public int Count => Labels.Count;
    public IEnumerable<string> Files => Labels.SelectMany(l => new[] { l.Path, LabelFile.PathFor(l.Path) }).Where(File.Exists);
    public IReadOnlyList<ImageLabels> Labels { get; }

    /// <summary>One line for each image or label row that was left out, and what is wrong with it.</summary>
    public IReadOnlyList<string> Problems { get; }

    /// <summary>Objects that have no outline in the label files and whose rectangle stands for it; 0 where the set has no masks.</summary>
    public int BoxesAsMasks { get; private init; }

    /// <summary>How many images were left out as unreadable.</summary>
    public int SkippedImages { get; }

    public long PixelBytes => Labels.Sum(l => Source(l, ImageSize).Bytes);

    /// <summary>Images without an object.</summary>
    public int Backgrounds => Labels.Count(l => l.Rows.Count == 0);

    /// <summary>Labelled objects.</summary>
    public int Instances => Labels.Sum(l => l.Rows.Count);

    /// <summary>
    /// Reads every label file and every image's header, and decodes as many images as the cache keeps. Damage inside the
    /// pixels of another one shows only in <see cref="Load"/>.
    /// </summary>
    /// <param name="yaml">The set.</param>
    /// <param name="split">"train", "val" or "test".</param>
    /// <param name="imgsz">Pixels of the long side at loading.</param>
    /// <param name="cache">Where pixels are kept; null for the default. The pixels are the same either way.</param>
    /// <param name="options">What of it is read; null: everything, boxes only.</param>
    /// <exception cref="InputException">The split is missing or empty, or no image of it is readable.</exception>
    public static DetectionDataset Open(DataYaml yaml, string split, int imgsz, CacheOptions? cache = null, DetectionSetOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(yaml);
        ArgumentOutOfRangeException.ThrowIfLessThan(imgsz, 1);
        options ??= new DetectionSetOptions();
        var problems = new List<string>();
        var images = options.Choose(yaml.Images(split, problems));
        var read = new Entry[images.Count];
        Parallel.For(0, images.Count, i => read[i] = ReadLabels(images[i], yaml, options));

        int[] readable = [.. Enumerable.Range(0, read.Length).Where(i => read[i].Labels is not null)];
        string file = Path.Combine(yaml.Root, $"{split}-{imgsz}.pixels");
        var (pixels, faults) = PixelStore.Open([.. readable.Select(i => Source(read[i].Labels!, imgsz))], split, file, cache ?? CacheOptions.Default);
        for (int k = 0; k < readable.Length; k++)
            if (faults[k] is { } fault) read[readable[k]] = new Entry(null, [fault]);

        problems.AddRange(read.SelectMany(r => r.Problems));
        int[] places = [.. Enumerable.Range(0, readable.Length).Where(k => faults[k] is null)];
        if (places.Length == 0)
            throw new InputException($"{yaml.Path}: none of the {images.Count} images of the '{split}' split can be used; the first: {read[0].Problems[0]}");
        return new DetectionDataset(yaml, split, imgsz, options.Masks, [.. places.Select(k => read[readable[k]].Labels!)], problems, images.Count - places.Length, pixels, places)
        {
            BoxesAsMasks = places.Sum(k => read[readable[k]].BoxesAsMasks),
        };
    }

    /// <summary>What was found out about one image; without labels it cannot be used.</summary>
    private readonly record struct Entry(ImageLabels? Labels, IReadOnlyList<string> Problems, int BoxesAsMasks = 0);

    private static Entry ReadLabels(string image, DataYaml yaml, DetectionSetOptions options)
    {
        var problems = new List<string>();
        try
        {
            var (height, width) = ImageFile.ReadSize(image);
            var rows = options.Select(LabelFile.Read(LabelFile.PathFor(image), yaml.LabelNames.Count, problems), yaml.SingleClass, out int boxes);
            return new Entry(new ImageLabels(image, height, width, rows), problems, boxes);
        }
        catch (InputException e)
        {
            return new Entry(null, [e.Message]);
        }
    }

    /// <summary>The image's size after loading: the long side imgsz, the other rounded up.</summary>
    private static PixelSource Source(ImageLabels image, int imgsz)
    {
        double r = (double)imgsz / Math.Max(image.Height, image.Width);
        return new PixelSource(image.Path, Scale(image.Height), Scale(image.Width));

        int Scale(int side) => Math.Max(1, Math.Min((int)Math.Ceiling(side * r), imgsz));
    }

    /// <summary>The image, resized: the long side <see cref="ImageSize"/>, the other in proportion, rounded up. Valid until the set is disposed.</summary>
    /// <exception cref="InputException">The file's pixels are damaged, or the file is no longer there.</exception>
    public RgbView Load(int index) => pixels.Load(places[index]);

    /// <summary>The pixels of several images as one batch of this shape, where the cache has them so; null elsewhere. Valid until the set is disposed. Not to be written to.</summary>
    public Memory<byte>? Batch(IEnumerable<int> indices, int height, int width) => pixels.Batch([.. indices.Select(i => places[i])], height, width);

    /// <summary>Frees the cached pixels; to be called when no loader reads the set any more.</summary>
    public void Dispose() => pixels.Dispose();
}
