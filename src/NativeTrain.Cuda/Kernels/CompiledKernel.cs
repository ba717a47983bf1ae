namespace NativeTrain.Cuda.Kernels;

/// <summary>Code for a GPU, and the name under which it holds a kernel.</summary>
/// <param name="Image">A cubin, or PTX for a GPU younger than the compiler.</param>
/// <param name="Name">The kernel's mangled name.</param>
internal sealed record CompiledKernel(byte[] Image, string Name);
