using NativeTrain.Core;
using NativeTrain.Nn;
using NativeTrain.Vision.Data;

namespace NativeTrain.Training;

/// <summary>The files of both parts of a training's data set, which its state keeps.</summary>
/// <param name="data">The data set; paths are written from its folder.</param>
/// <param name="train">What is trained on.</param>
/// <param name="val">What is validated on.</param>
internal sealed class DataSetFiles(string data, IImageSet train, IImageSet val)
{
    private const string TrainName = "data.train", ValName = "data.val";

    private readonly DataFiles trainFiles = Of(train, data), valFiles = Of(val, data);

    /// <summary>Makes sure that they are those that a training began with.</summary>
    /// <exception cref="InputException">They are not; the message names the first difference.</exception>
    public void Check(ResumedTraining resumed)
    {
        resumed.CheckData(TrainName, trainFiles, data);
        resumed.CheckData(ValName, valFiles, data);
    }

    public IEnumerable<SafetensorsEntry> Entries => [trainFiles.Entry(TrainName), valFiles.Entry(ValName)];

    private static DataFiles Of(IImageSet set, string data) => DataFiles.Of(set.Files, Path.GetDirectoryName(Path.GetFullPath(data))!);
}
