// NT_HD marks a formula that both the host compiler and the CUDA compiler are to compile.
#pragma once
#if defined(__CUDACC__) || defined(__CUDACC_RTC__)
#define NT_HD __host__ __device__
#else
#define NT_HD
#endif

// NT_SIMD(reduction(+ : s)) before a loop lets the host compiler run it in vector lanes, sums too.
#ifdef _OPENMP
#define NT_PRAGMA(...) _Pragma(#__VA_ARGS__)
#define NT_SIMD(...) NT_PRAGMA(omp simd __VA_ARGS__)
#else
#define NT_SIMD(...)
#endif
