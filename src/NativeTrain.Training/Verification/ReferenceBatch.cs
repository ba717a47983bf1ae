using NativeTrain.Core;
using NativeTrain.Nn;

namespace NativeTrain.Training;

/// <summary>A batch in the reference's file: pictures, and what they show.</summary>
public sealed class ReferenceBatch
{
    private readonly SafetensorsFile file;

    private ReferenceBatch(SafetensorsFile file) => this.file = file;

    /// <summary>Reads PREFIX.batch.safetensors.</summary>
    /// <exception cref="InputException">There is no such file, or it has no pictures.</exception>
    public static ReferenceBatch Read(string prefix)
    {
        var batch = new ReferenceBatch(Safetensors.Read(prefix + ".batch.safetensors"));
        return batch.Pictures.Rank == 4 ? batch : throw new InputException($"{prefix}.batch.safetensors: img is {batch.Pictures}, not [N, 3, H, W]");
    }

    /// <summary>[N, H, W, 3].</summary>
    public Shape ImageShape => new(Pictures[0], Pictures[2], Pictures[3], Pictures[1]);

    /// <summary>The pictures, 0…1, channels last.</summary>
    public float[] Image => ReferenceLayout.Exchange(file["img"].ToFloats(), Pictures[0], Pictures[1], Pictures[2] * Pictures[3]);

    /// <summary>Rows of image, class, centre x, centre y, width, height (0…1).</summary>
    public float[] Targets => ReferenceLayout.JoinChannels((file["batch_idx"].ToFloats(), 1), (file["cls"].ToFloats(), 1), (file["bboxes"].ToFloats(), 4));

    /// <summary>[N, H/4, W/4]: 0 is background, j + 1 the image's j-th row of <see cref="Targets"/>.</summary>
    public int[] Masks => Array.ConvertAll(file["masks"].ToFloats(), v => (int)v);

    /// <summary>A classifier's truth, a class a picture.</summary>
    public int[] Classes => Array.ConvertAll(file["cls"].ToFloats(), v => (int)v);

    /// <summary>[N, 3, H, W], as they stand in the file.</summary>
    private Shape Pictures => file["img"].Shape;
}
