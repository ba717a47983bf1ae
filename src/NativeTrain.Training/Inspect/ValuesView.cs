namespace NativeTrain.Training;

/// <summary>What the numbers of a tensor look like.</summary>
/// <param name="Min">Of the finite ones, as are max, mean, deviation and norm.</param>
/// <param name="Norm">√Σ v².</param>
/// <param name="Zeros">How many are 0.</param>
/// <param name="NotFinite">How many are infinite or no number.</param>
/// <param name="Counts">The histogram: how many lie in each of equal ranges between min and max.</param>
/// <param name="Maps">Channels of one picture's map; null where it has no height and width.</param>
public sealed record ValuesView(double Min, double Max, double Mean, double Deviation, double Norm, long Count, long Zeros, long NotFinite, IReadOnlyList<int> Counts, MapsView? Maps);

/// <summary>Some channels of a feature map as grey pictures.</summary>
/// <param name="Channels">Which: those that vary most, by number.</param>
/// <param name="Low">The value of grey level 0.</param>
/// <param name="High">The value of grey level 255.</param>
/// <param name="Pixels">[channels, height, width] bytes, as base64.</param>
public sealed record MapsView(int Height, int Width, IReadOnlyList<int> Channels, double Low, double High, string Pixels);

/// <summary>One picture of the batch.</summary>
/// <param name="Name">Its file.</param>
/// <param name="Uri">The pixels that the network saw, as a data URI.</param>
/// <param name="Boxes">True boxes, and what the assigner gave them.</param>
/// <param name="Cells">Cells that learn an object.</param>
/// <param name="Class">The true class of a whole picture, or null.</param>
/// <param name="Probability">What the network gives that class, 0…1; null where there are boxes.</param>
public sealed record PictureView(string Name, string Uri, int Width, int Height, IReadOnlyList<BoxView> Boxes, IReadOnlyList<CellView> Cells, string? Class, double? Probability);

/// <param name="X">Left edge in pixels, as y is the upper edge.</param>
/// <param name="Cells">How many cells learn it.</param>
public sealed record BoxView(double X, double Y, double W, double H, string Class, int Cells);

/// <param name="X">Its centre in pixels, as is y.</param>
/// <param name="Size">Its side in pixels: the stride of its level.</param>
/// <param name="Box">The box that it learns.</param>
/// <param name="Score">The class score that it is to reach, 0…1.</param>
public sealed record CellView(double X, double Y, int Size, int Box, double Score);
