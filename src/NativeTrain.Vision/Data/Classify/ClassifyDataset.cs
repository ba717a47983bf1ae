using NativeTrain.Core;
using NativeTrain.Vision.Images;

namespace NativeTrain.Vision.Data;

/// <summary>
/// One split of a set for classification: its readable pictures with their classes, class by class, and the decoded
/// pixels on demand. Safe to read from several threads.
/// </summary>
public sealed class ClassifyDataset : IImageSet
{
    private readonly IPixelStore pixels;
    private readonly int[] places;

    private ClassifyDataset(ClassifyFolders folders, string split, List<ClassImage> images, List<string> problems, List<string> notes, int skipped, IPixelStore pixels, int[] places)
    {
        Folders = folders;
        Split = split;
        Images = images;
        Problems = problems;
        Notes = notes;
        SkippedImages = skipped;
        this.pixels = pixels;
        this.places = places;
    }

    public ClassifyFolders Folders { get; }
    public string Split { get; }

    /// <summary>Class names by index.</summary>
    public IReadOnlyList<string> Names => Folders.Names;
    public int Count => Images.Count;

    /// <summary>A picture has one class each.</summary>
    public int Instances => Count;

    public IReadOnlyList<ClassImage> Images { get; }
    public long PixelBytes => Images.Sum(i => 3L * i.Height * i.Width);
    public IEnumerable<string> Files => Images.Select(i => i.Path);

    /// <summary>One line for each picture that was left out, and what is wrong with it.</summary>
    public IReadOnlyList<string> Problems { get; }

    /// <summary>What else is worth knowing, a line each: classes without pictures, a folder that stands in for another.</summary>
    public IReadOnlyList<string> Notes { get; }

    /// <summary>How many pictures were left out as unreadable.</summary>
    public int SkippedImages { get; }

    /// <summary>Pictures of each class.</summary>
    public IReadOnlyList<int> ImagesByClass
    {
        get
        {
            var counts = new int[Names.Count];
            foreach (var image in Images) counts[image.Class]++;
            return counts;
        }
    }

    /// <summary>
    /// Reads every picture's header, and decodes as many as the cache keeps. Damage inside the pixels of another one shows
    /// only in <see cref="Load"/>.
    /// </summary>
    /// <param name="folders">The set.</param>
    /// <param name="split">"train", "val" or "test".</param>
    /// <param name="cache">Where pixels are kept; null for the default. The pixels are the same either way.</param>
    /// <param name="fraction">The part of the pictures to use, above 0 and up to 1.</param>
    /// <param name="seed">Which ones these are.</param>
    /// <exception cref="InputException">The split is missing or empty, or no picture of it is readable.</exception>
    public static ClassifyDataset Open(ClassifyFolders folders, string split, CacheOptions? cache = null, double fraction = 1, int seed = 0)
    {
        ArgumentNullException.ThrowIfNull(folders);
        var notes = new List<string>();
        var files = SetFraction.Choose(folders.Images(split, notes), fraction, seed);
        var found = new ClassImage?[files.Count];
        var problems = new string?[files.Count];
        Parallel.For(0, files.Count, i => (found[i], problems[i]) = ReadHeader(files[i].Path, files[i].Class));

        int[] readable = [.. Enumerable.Range(0, found.Length).Where(i => found[i] is not null)];
        // Crops are cut from the full picture, so it is kept as it is.
        var sources = readable.Select(i => new PixelSource(found[i]!.Path, found[i]!.Height, found[i]!.Width));
        var (pixels, faults) = PixelStore.Open([.. sources], split, Path.Combine(folders.Root, $"{split}.pixels"), cache ?? CacheOptions.Default);
        for (int k = 0; k < readable.Length; k++) problems[readable[k]] = faults[k];

        int[] places = [.. Enumerable.Range(0, readable.Length).Where(k => faults[k] is null)];
        if (places.Length == 0)
            throw new InputException($"{folders.Path}: none of the {files.Count} pictures of the '{split}' split can be used; the first: {problems[0]}");
        return new ClassifyDataset(folders, split, [.. places.Select(k => found[readable[k]]!)], [.. problems.OfType<string>()], notes, files.Count - places.Length, pixels, places);
    }

    private static (ClassImage?, string?) ReadHeader(string path, int kind)
    {
        try
        {
            var (height, width) = ImageFile.ReadSize(path);
            return (new ClassImage(path, height, width, kind), null);
        }
        catch (InputException e)
        {
            return (null, e.Message);
        }
    }

    /// <summary>The picture in its own size. Valid until the set is disposed.</summary>
    /// <exception cref="InputException">The file's pixels are damaged, or the file is no longer there.</exception>
    public RgbView Load(int index) => pixels.Load(places[index]);

    /// <summary>The pixels of several images as one batch of this shape, where the cache has them so; null elsewhere. Valid until the set is disposed. Not to be written to.</summary>
    public Memory<byte>? Batch(IEnumerable<int> indices, int height, int width) => pixels.Batch([.. indices.Select(i => places[i])], height, width);

    /// <summary>Frees the cached pixels; to be called when no loader reads the set any more.</summary>
    public void Dispose() => pixels.Dispose();
}
