// What every kernel starts from: element types, vector loads, sums over a warp and a block, and the list of a file's
// kernels. Compiled by NVRTC for a GPU, and by g++ for the emulator (native/emulator), which brings what nvcc builds in.
//
// A file's kernels are templates over the type T of the maps (float, half or bf16) and compute in float. What is to be
// callable from the host stands in a KERNEL line at the end of the file: KERNEL(add<half>), or KERNEL_MAPS(add) for all
// three types. The host compiles these (as NVRTC's name expressions) and asks for them by exactly that name.
#pragma once

#ifdef NT_EMULATOR
#include "cuda_on_cpu.h"
#define DEVICE inline
#define UNROLL _Pragma("GCC unroll 16")
#else
#define KERNEL(...)
#define DEVICE __device__ __forceinline__
#define UNROLL _Pragma("unroll")
#define DYNAMIC_SHARED(name) extern __shared__ __align__(16) unsigned char name[]
#endif
#define KERNEL_MAPS(name) KERNEL(name<float>) KERNEL(name<half>) KERNEL(name<bf16>)
// Of kernels that take `vector` numbers at a time: the widest load, and one number for maps that are not so aligned.
#define KERNEL_VECTORS(name) \
    KERNEL(name<float, 4>) KERNEL(name<half, 8>) KERNEL(name<bf16, 8>) \
    KERNEL(name<float, 1>) KERNEL(name<half, 1>) KERNEL(name<bf16, 1>)

#include "math/bf16.h"
#include "math/half.h"

// --- element types: 16 bits in memory, float in registers
struct half {
    unsigned short bits;
};
struct bf16 {
    unsigned short bits;
};

DEVICE float to_float(float x) { return x; }
DEVICE float to_float(bf16 x) { return nt::bf16_to_float(x.bits); }
DEVICE float to_float(half x) {
#ifdef __CUDA_ARCH__
    float y;
    asm("cvt.f32.f16 %0, %1;" : "=f"(y) : "h"(x.bits));
    return y;
#else
    return nt::half_to_float(x.bits);
#endif
}

// Rounded to nearest even.
DEVICE void from_float(float x, float& y) { y = x; }
DEVICE void from_float(float x, bf16& y) { y.bits = nt::float_to_bf16(x); }
DEVICE void from_float(float x, half& y) {
#ifdef __CUDA_ARCH__
    asm("cvt.rn.f16.f32 %0, %1;" : "=h"(y.bits) : "f"(x));
#else
    y.bits = nt::float_to_half(x);
#endif
}

template <class T>
DEVICE T from_float(float x) {
    T y;
    from_float(x, y);
    return y;
}

// --- 128-bit loads and stores, the widest of the memory system: 4 floats or 8 numbers of 16 bits
template <class T>
constexpr int vector_width = 16 / sizeof(T);

// N neighbours that lie at a multiple of their size; one instruction moves them.
template <class T, int N>
struct alignas(sizeof(T) * N) Pack {
    T v[N];
};

template <int N, class T>
DEVICE Pack<T, N> load_pack(const T* from) {
#ifdef NT_EMULATOR
    return emu::load_pack<Pack<T, N>>(from);
#else
    return *reinterpret_cast<const Pack<T, N>*>(from);
#endif
}

template <class T, int N>
DEVICE void store_pack(T* to, const Pack<T, N>& pack) {
#ifdef NT_EMULATOR
    emu::store_pack(to, pack);
#else
    *reinterpret_cast<Pack<T, N>*>(to) = pack;
#endif
}

// The same, as floats.
template <int N, class T>
DEVICE void load(const T* from, float (&to)[N]) {
    const Pack<T, N> pack = load_pack<N>(from);
UNROLL
    for (int i = 0; i < N; i++) to[i] = to_float(pack.v[i]);
}

template <int N, class T>
DEVICE void store(T* to, const float (&from)[N]) {
    Pack<T, N> pack;
UNROLL
    for (int i = 0; i < N; i++) from_float(from[i], pack.v[i]);
    store_pack(to, pack);
}

// Floats, as many as there is room for: by fours, from an address at a multiple of 16 bytes, or fewer than four at once.
template <int N>
DEVICE void load_floats(const float* from, float (&to)[N]) {
    constexpr int width = N < 4 ? N : 4;
UNROLL
    for (int i = 0; i < N; i += width) {
        const auto pack = load_pack<width>(from + i);
UNROLL
        for (int j = 0; j < width; j++) to[i + j] = pack.v[j];
    }
}

// --- sums in a fixed order
constexpr unsigned full_warp = 0xffffffffu;
constexpr int warp_size = 32;

// Over a warp's 32 lanes, to all of them: pairs 16 apart first, then 8, 4, 2, 1.
template <class F>
DEVICE F warp_sum(F x) {
UNROLL
    for (int distance = warp_size / 2; distance > 0; distance /= 2) x += __shfl_xor_sync(full_warp, x, distance);
    return x;
}

// Over a block of `threads` threads (a multiple of 32, at most 1024), to all of them, in float or double. `partial` is
// shared memory of the caller's, one number a warp. Every thread of the block must call it.
template <int threads, class F>
DEVICE F block_sum(F x, F* partial) {
    constexpr int warps = threads / warp_size;
    const int lane = threadIdx.x % warp_size, warp = threadIdx.x / warp_size;
    x = warp_sum(x);
    if (lane == 0) partial[warp] = x;
    __syncthreads();
    x = warp_sum(lane < warps ? partial[lane] : F(0));
    __syncthreads();  // partial may be used again
    return x;
}

// --- where a thread is in a one-dimensional launch
DEVICE long long global_thread() { return static_cast<long long>(blockIdx.x) * blockDim.x + threadIdx.x; }
DEVICE long long global_threads() { return static_cast<long long>(gridDim.x) * blockDim.x; }
