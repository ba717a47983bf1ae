namespace NativeTrain.Core.Tests.Ops;

/// <summary>The convolutions that are tested, on every way to compute them.</summary>
internal static class Conv2dShapes
{
    /// <summary>N, H, W, IC, OC, KH, KW, stride, pad, groups.</summary>
    public static readonly Conv2dShape[] All =
    [
        new(2, 9, 11, 3, 16, 3, 3, 2, 1, 1),      // the stem's, on an odd map
        new(3, 9, 6, 3, 33, 3, 3, 1, 1, 1),       // its three channels at stride 1, with three vectors of outputs
        new(1, 1, 1, 17, 5, 1, 1, 1, 0, 1),       // a map of one pixel
        new(1, 1, 1, 17, 5, 3, 3, 1, 1, 1),
        new(1, 5, 5, 1, 1, 3, 3, 1, 1, 1),        // one channel
        new(2, 12, 8, 16, 32, 3, 3, 2, 1, 1),     // stride 2: even and odd sizes meet other taps
        new(2, 13, 7, 16, 32, 3, 3, 2, 1, 1),
        new(1, 12, 11, 8, 8, 3, 3, 3, 1, 1),
        new(1, 7, 9, 17, 3, 3, 3, 1, 1, 1),       // channels that fill no vector
        new(2, 3, 50, 19, 33, 3, 3, 1, 1, 1),
        new(3, 5, 6, 8, 8, 5, 5, 1, 2, 1),        // larger, and rectangular, kernels
        new(1, 6, 6, 7, 9, 3, 5, 1, 2, 1),
        new(1, 9, 9, 6, 6, 7, 7, 2, 3, 1),
        new(1, 4, 4, 6, 6, 3, 3, 1, 0, 1),        // no padding
        new(1, 7, 7, 5, 6, 2, 2, 2, 0, 1),        // a row and a column that no output reads
        new(1, 6, 6, 7, 9, 1, 1, 2, 0, 1),        // pixels between the strides, likewise
        new(2, 10, 10, 80, 1, 1, 1, 1, 0, 1),     // the head's last layer, by number of classes
        new(2, 10, 10, 80, 17, 1, 1, 1, 0, 1),
        new(1, 10, 10, 384, 24, 1, 1, 1, 0, 1),   // sums longer than one tile's
        new(3, 5, 7, 48, 80, 1, 1, 1, 0, 1),      // blocks of outputs that are not full
        new(1, 5, 6, 256, 9, 3, 3, 1, 1, 1),
        new(1, 4, 200, 4, 8, 3, 3, 1, 1, 1),      // rows longer than one block
        new(2, 9, 6, 17, 17, 3, 3, 1, 1, 17),     // depthwise
        new(1, 9, 9, 64, 64, 3, 3, 1, 1, 64),
        new(3, 1, 1, 48, 48, 3, 3, 1, 1, 48),     // pixels without neighbours,
        new(2, 23, 1, 80, 80, 3, 3, 1, 1, 80),    // and rows of one
        new(1, 9, 6, 80, 80, 3, 3, 2, 1, 80),
        new(1, 9, 8, 20, 20, 5, 5, 1, 2, 20),
        new(1, 6, 6, 12, 24, 3, 3, 1, 1, 4),      // groups of several channels
        new(2, 8, 12, 16, 32, 3, 3, 1, 1, 1),     // whole tiles of Winograd's,
        new(3, 9, 11, 32, 48, 3, 3, 1, 1, 1),     // cut ones, an odd number of vectors,
        new(1, 13, 7, 48, 16, 3, 3, 1, 0, 1),     // other paddings,
        new(1, 6, 9, 16, 16, 3, 3, 1, 2, 1),
        new(1, 80, 84, 16, 16, 3, 3, 1, 1, 1),    // more tiles than are worked on together,
        new(1, 80, 84, 32, 32, 3, 3, 1, 1, 1),    // in each chunk of a weight gradient too,
        new(1, 160, 160, 32, 16, 3, 3, 2, 1, 1),  // and the same at stride 2
        new(2, 16, 24, 64, 64, 3, 3, 2, 1, 1),
        new(1, 17, 23, 32, 48, 3, 3, 2, 1, 1),
        new(1, 7, 10, 16, 16, 3, 3, 2, 1, 1),
        new(3, 9, 11, 80, 224, 3, 3, 1, 1, 1),    // groups of tiles that all threads share,
        new(1, 6, 9, 144, 128, 3, 3, 1, 2, 1),
        new(2, 17, 23, 208, 80, 3, 3, 2, 1, 1),   // at stride 2 too
        new(3, 41, 37, 48, 70, 1, 1, 1, 0, 1),    // weight gradients in place: several chunks of one long row,
        new(2, 30, 11, 64, 129, 3, 3, 2, 1, 1),   // slices of output channels,
        new(1, 3, 400, 16, 3, 3, 3, 1, 1, 1),     // rows cut into blocks,
        new(2, 5, 5, 32, 8, 1, 1, 2, 1, 1),       // a tap that the first output does not meet,
        new(1, 4, 3, 16, 5, 5, 7, 1, 3, 1),       // and taps that hardly any output meets
        new(2, 23, 17, 17, 48, 1, 1, 1, 0, 1),    // outputs in place: several blocks, an odd number of vectors
        new(1, 1, 5, 200, 80, 1, 1, 1, 0, 1),     // and a block of few pixels
        new(8, 9, 11, 3, 33, 3, 3, 2, 1, 1),      // pairs of images of three channels, in several chunks,
        new(5, 9, 6, 3, 33, 3, 3, 1, 1, 1),       // pairs of halves of them,
        new(8, 9, 11, 16, 20, 3, 3, 1, 1, 1),     // more channels,
        new(2, 4, 4, 256, 129, 3, 3, 1, 1, 1),    // groups of kernel rows and of output channels,
        new(8, 64, 64, 3, 5, 3, 3, 64, 1, 1),     // pixels that lie far apart,
        new(1, 1, 1, 128, 5, 1, 1, 5, 2, 1),      // and outputs over padding alone
        new(2, 41, 40, 16, 8, 3, 3, 1, 1, 1),     // by rows: eight channels, in two blocks of rows,
        new(2, 23, 25, 8, 16, 3, 3, 1, 1, 1),     // odd rows and rows of odd lengths,
        new(1, 17, 23, 128, 48, 3, 3, 2, 1, 1),   // one vector beside pairs of them,
        new(1, 9, 6, 5, 8, 3, 3, 2, 1, 1),        // channels that fill no word,
        new(2, 5, 4, 16, 8, 2, 2, 1, 3, 1),       // rows of padding alone,
        new(1, 7, 8, 16, 16, 3, 5, 3, 2, 1),      // and columns that meet other numbers of taps
        new(2, 63, 65, 3, 32, 3, 3, 2, 1, 1),     // weight gradients by rows: pictures in several chunks,
        new(2, 41, 43, 8, 32, 3, 3, 1, 1, 1),     // eight channels,
        new(3, 38, 41, 16, 21, 3, 3, 2, 0, 1),    // and sixteen
        new(2, 30, 30, 80, 3, 1, 1, 1, 0, 1),     // what oneDNN computes wrongly in bfloat16: an odd number of outputs,
        new(2, 10, 12, 80, 63, 1, 1, 1, 0, 1),
        new(3, 2, 1, 16, 60, 3, 3, 3, 1, 4),      // and maps narrower than the stride
        new(2, 10, 1, 64, 32, 3, 3, 2, 1, 1),
    ];

    /// <summary>The implementation that a name with its details belongs to.</summary>
    public static string Family(string name) => Array.Find(["depthwise", "direct", "in_place", "rows", "winograd"], own => name.StartsWith(own, StringComparison.Ordinal)) ?? "onednn";
}
