// NT_HD marks a formula that both the host compiler and the CUDA compiler are to compile.
#pragma once
#if defined(__CUDACC__) || defined(__CUDACC_RTC__)
#define NT_HD __host__ __device__
#else
#define NT_HD
#endif
