namespace NativeTrain.Cuda.Convolutions;

/// <summary>One of cuDNN's ways to compute a pass.</summary>
/// <param name="Number">cudnnConvolution{Fwd,BwdData,BwdFilter}Algo_t.</param>
/// <param name="Math">cudnnMathType_t.</param>
/// <param name="Workspace">Bytes of scratch memory that it needs.</param>
internal readonly record struct CudnnAlgorithm(int Number, int Math, long Workspace);
