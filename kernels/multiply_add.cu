// x = x·a + b, many times over in registers: what the arithmetic units can do when memory does not hold them up.
//
// FLOPs: 2·rounds a number. Bytes: each number read and written once.
// Threads: each takes 8 numbers, one block apart, so that 8 chains run side by side; a warp's lanes are neighbours.
#include "mma.cuh"

namespace {

constexpr int chains = 8;
constexpr float step = 1.f / 4096;

// Where a thread's number i lies.
DEVICE long long place(int i) {
    return static_cast<long long>(blockIdx.x) * blockDim.x * chains + threadIdx.x + static_cast<long long>(i) * blockDim.x;
}

DEVICE void read_numbers(float (&v)[chains], const float* x, long long n) {
    UNROLL
    for (int i = 0; i < chains; i++) v[i] = place(i) < n ? x[place(i)] : 0.f;
}

DEVICE void write_numbers(const float (&v)[chains], float* x, long long n) {
    UNROLL
    for (int i = 0; i < chains; i++)
        if (place(i) < n) x[place(i)] = v[i];
}

// Two of 2^-12, two of 1.
DEVICE unsigned steps(half) { return 0x0c000c00u; }
DEVICE unsigned steps(bf16) { return 0x39803980u; }
DEVICE unsigned ones(half) { return 0x3c003c00u; }
DEVICE unsigned ones(bf16) { return 0x3f803f80u; }

}  // namespace

__global__ void multiply_add(float* x, long long n, int rounds) {
    float v[chains];
    read_numbers(v, x, n);
    for (int round = 0; round < rounds; round++) {
        UNROLL
        for (int i = 0; i < chains; i++) v[i] = v[i] * 0.999f + 0.001f;
    }
    write_numbers(v, x, n);
}

// x += 2^-12·1, 16 rounds to a product of matrices: a thread's 8 numbers are its lane's of two 16×8 sums, whose elements all are alike.
template <class T>
__global__ void multiply_add_mma(float* x, long long n, int rounds) {
    float v[chains];
    read_numbers(v, x, n);
    const unsigned a[4] = {steps(T()), steps(T()), steps(T()), steps(T())}, b[2] = {ones(T()), ones(T())};
    float sums[2][4];
    UNROLL
    for (int i = 0; i < chains; i++) sums[i / 4][i % 4] = v[i];
    for (int round = 0; round < rounds; round += 16) {
        UNROLL
        for (int i = 0; i < 2; i++) multiply(sums[i], a, b, T());
    }
    UNROLL
    for (int i = 0; i < chains; i++) v[i] = sums[i / 4][i % 4];
    write_numbers(v, x, n);
}

// The same in float, for devices without mma.sync.
__global__ void multiply_add_steps(float* x, long long n, int rounds) {
    float v[chains];
    read_numbers(v, x, n);
    for (int round = 0; round < rounds; round++) {
        UNROLL
        for (int i = 0; i < chains; i++) v[i] = v[i] + step;
    }
    write_numbers(v, x, n);
}

KERNEL(multiply_add)
KERNEL(multiply_add_mma<half>)
KERNEL(multiply_add_mma<bf16>)
KERNEL(multiply_add_steps)
