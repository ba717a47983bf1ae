// What g++ sees in place of what nvcc builds in: the qualifiers, threadIdx and its like, barriers, shuffles and atomics.
// A kernel file compiled with -DNT_EMULATOR includes this through common.cuh and registers its kernels by name.
#pragma once
#include "block.h"
#include "check/vectors.h"
#include "thread_state.h"
#include "vector_access.h"
#include "warp.h"

#include <cmath>
#include <cstdint>
#include <cstring>
#include <tuple>
#include <type_traits>

#define __global__
#define __device__
#define __host__
#define __forceinline__ inline
#define __restrict__ __restrict
#define __align__(n) __attribute__((aligned(n)))
#define __launch_bounds__(...)
#define __constant__ static const
// A block runs wholly on one operating-system thread: what belongs to that thread is shared by the block.
#define __shared__ static thread_local
#define DYNAMIC_SHARED(name) unsigned char* name = emu::dynamic_shared()

#define threadIdx (emu::thread_index())
#define blockIdx (emu::block_index())
#define blockDim (emu::block_dim())
#define gridDim (emu::grid_dim())

// --- registration: KERNEL(add<half>) at namespace scope
#define EMU_JOIN_(a, b) a##b
#define EMU_JOIN(a, b) EMU_JOIN_(a, b)
#define KERNEL(...) static const emu::Registration EMU_JOIN(registration_, __COUNTER__)(#__VA_ARGS__, __FILE__, __VA_ARGS__);

namespace emu {

// Its own accesses are not the kernel's.
template <class... Args>
struct Call {
    __attribute__((no_sanitize("thread"))) static void run(void (*kernel)(), void** arguments) { run(kernel, arguments, std::index_sequence_for<Args...>{}); }

    template <size_t... I>
    __attribute__((no_sanitize("thread"))) static void run(void (*kernel)(), void** arguments, std::index_sequence<I...>) {
        reinterpret_cast<void (*)(Args...)>(kernel)(*static_cast<std::remove_reference_t<Args>*>(arguments[I])...);
    }
};

struct Registration {
    template <class... Args>
    Registration(const char* name, const char* file, void (*kernel)(Args...)) {
        add_kernel({name, file, &Call<Args...>::run, reinterpret_cast<void (*)()>(kernel), {sizeof(Args)...}});
    }
};

// --- vector loads: one access of their whole width
template <class Pack>
Pack load_pack(const void* from) {
    Pack pack;
#ifdef NT_CHECKED
    check::read_vector(&pack, from, sizeof(Pack));
#else
    check_alignment(from, sizeof(Pack), false);
    std::memcpy(&pack, from, sizeof(Pack));
#endif
    return pack;
}

template <class Pack>
void store_pack(void* to, const Pack& pack) {
#ifdef NT_CHECKED
    check::write_vector(to, &pack, sizeof(Pack));
#else
    check_alignment(to, sizeof(Pack), true);
    std::memcpy(to, &pack, sizeof(Pack));
#endif
}

}  // namespace emu

// --- barriers
#define __syncthreads() emu::sync_threads()
inline void __syncwarp(unsigned mask = 0xffffffffu) { emu::sync_warp(mask); }
inline void __threadfence() {}
inline void __threadfence_block() {}

// --- shuffles and votes: every lane of `mask` gives its value and reads another's
namespace emu {
template <class T>
T shuffle_value(unsigned mask, T value, unsigned source) {
    static_assert(sizeof(T) == 4 || sizeof(T) == 8);
    unsigned long long bits = 0;
    std::memcpy(&bits, &value, sizeof(T));
    bits = shuffle(mask, bits, source);
    std::memcpy(&value, &bits, sizeof(T));
    return value;
}
}  // namespace emu

template <class T>
T __shfl_sync(unsigned mask, T value, int source, int width = 32) {
    const int lane = static_cast<int>(emu::lane());
    return emu::shuffle_value(mask, value, static_cast<unsigned>((lane & ~(width - 1)) | (source & (width - 1))));
}
template <class T>
T __shfl_xor_sync(unsigned mask, T value, int lanes, int width = 32) {
    const int lane = static_cast<int>(emu::lane()), source = lane ^ lanes;
    return emu::shuffle_value(mask, value, static_cast<unsigned>(source / width > lane / width ? lane : source));
}
template <class T>
T __shfl_down_sync(unsigned mask, T value, unsigned distance, int width = 32) {
    const unsigned lane = emu::lane(), source = lane + distance, w = static_cast<unsigned>(width);
    return emu::shuffle_value(mask, value, source / w == lane / w ? source : lane);
}
template <class T>
T __shfl_up_sync(unsigned mask, T value, unsigned distance, int width = 32) {
    const unsigned lane = emu::lane(), w = static_cast<unsigned>(width);
    return emu::shuffle_value(mask, value, lane % w >= distance ? lane - distance : lane);
}
inline unsigned __ballot_sync(unsigned mask, int predicate) { return emu::ballot(mask, predicate != 0); }
inline int __any_sync(unsigned mask, int predicate) { return __ballot_sync(mask, predicate) != 0; }
inline int __all_sync(unsigned mask, int predicate) { return __ballot_sync(mask, predicate) == mask; }

// --- atomics on whole numbers (sums of floats in no fixed order have no place here)
inline int atomicAdd(int* p, int x) { return __atomic_fetch_add(p, x, __ATOMIC_RELAXED); }
inline unsigned atomicAdd(unsigned* p, unsigned x) { return __atomic_fetch_add(p, x, __ATOMIC_RELAXED); }
inline int atomicOr(int* p, int x) { return __atomic_fetch_or(p, x, __ATOMIC_RELAXED); }
inline unsigned atomicOr(unsigned* p, unsigned x) { return __atomic_fetch_or(p, x, __ATOMIC_RELAXED); }
inline unsigned atomicExch(unsigned* p, unsigned x) { return __atomic_exchange_n(p, x, __ATOMIC_RELAXED); }
template <class T>
T atomicCAS(T* p, T expected, T x) {
    __atomic_compare_exchange_n(p, &expected, x, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED);
    return expected;
}
template <class T>
T atomicMax(T* p, T x) {
    T old = __atomic_load_n(p, __ATOMIC_RELAXED);
    while (old < x && !__atomic_compare_exchange_n(p, &old, x, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED)) {}
    return old;
}

// --- arithmetic
inline float rsqrtf(float x) { return 1.f / sqrtf(x); }
inline unsigned __float_as_uint(float x) { return __builtin_bit_cast(unsigned, x); }
inline float __uint_as_float(unsigned x) { return __builtin_bit_cast(float, x); }
inline int __float_as_int(float x) { return __builtin_bit_cast(int, x); }
inline float __int_as_float(int x) { return __builtin_bit_cast(float, x); }
inline int __popc(unsigned x) { return __builtin_popcount(x); }
inline int __ffs(int x) { return __builtin_ffs(x); }
inline int __clz(int x) { return x ? __builtin_clz(static_cast<unsigned>(x)) : 32; }
inline unsigned __umulhi(unsigned a, unsigned b) { return static_cast<unsigned>((static_cast<uint64_t>(a) * b) >> 32); }
inline int min(int a, int b) { return a < b ? a : b; }
inline int max(int a, int b) { return a > b ? a : b; }
inline long long min(long long a, long long b) { return a < b ? a : b; }
inline long long max(long long a, long long b) { return a > b ? a : b; }
inline unsigned min(unsigned a, unsigned b) { return a < b ? a : b; }
inline unsigned max(unsigned a, unsigned b) { return a > b ? a : b; }
