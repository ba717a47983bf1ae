// The register tile under our own convolutions of floats: acc[M pixels][N vectors] += Σk a[m][k] · b[k][n].
//
// Each step loads N vectors of b and broadcasts M numbers of a, for M·N multiply-adds. With 16 registers
// (AVX2) 6×2 is the largest tile that leaves room for both operands; with 32 (AVX-512) 12×2.
#pragma once
#include "simd.h"

#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>

namespace nt::conv {

constexpr int width = lanes;
constexpr int cache_line = 16;  // floats
using Vec = Vector;
#ifdef __AVX512BW__
constexpr int max_rows_2 = 12;  // rows of a tile two vectors wide
#else
constexpr int max_rows_2 = 6;
#endif
constexpr int max_rows_1 = 12;  // rows of a tile one vector wide

inline Vec load(const float* p) { return nt::load<Type::f32>(p); }
inline void store(float* p, Vec v) { nt::store<Type::f32>(p, v); }
inline Vec splat(float f) { return f - Vec{}; }

// Columns are handled in panels of two vectors; a last panel has one where that is enough.
constexpr int panel_width = 2 * width;
inline int padded(int columns) { return (columns + width - 1) / width * width; }
inline int panels(int columns) { return (columns + panel_width - 1) / panel_width; }
inline int vectors_of(int columns, int panel) { return padded(columns) - panel * panel_width > width ? 2 : 1; }
inline int max_rows(int vectors) { return vectors == 2 ? max_rows_2 : max_rows_1; }

template <int M, int N>
using Tile = Vec[M][N];

template <int M, int N>
inline __attribute__((always_inline)) void multiply_add(Tile<M, N>& acc, const float* a, ptrdiff_t a_row,
                                                        ptrdiff_t a_step, const float* b, ptrdiff_t b_step, int steps) {
#pragma GCC unroll 4
    for (int k = 0; k < steps; k++, a += a_step, b += b_step) {
        Vec v[N];
#pragma GCC unroll 2
        for (int n = 0; n < N; n++) v[n] = load(b + n * width);
#pragma GCC unroll 16
        for (int m = 0; m < M; m++) {
            const Vec broadcast = splat(a[m * a_row]);
#pragma GCC unroll 2
            for (int n = 0; n < N; n++) acc[m][n] += broadcast * v[n];
        }
    }
}

// Kernel<M, N>::run for run-time M and N.
template <template <int, int> class Kernel>
auto kernel(int m, int n) {
    using Function = decltype(&Kernel<1, 1>::run);
    static constexpr auto one = []<int... I>(std::integer_sequence<int, I...>) {
        return std::array<Function, sizeof...(I)>{Kernel<I + 1, 1>::run...};
    }(std::make_integer_sequence<int, max_rows_1>{});
    static constexpr auto two = []<int... I>(std::integer_sequence<int, I...>) {
        return std::array<Function, sizeof...(I)>{Kernel<I + 1, 2>::run...};
    }(std::make_integer_sequence<int, max_rows_2>{});
    return n == 2 ? two[m - 1] : one[m - 1];
}

// `total` rows as the fewest tiles of at most `most` rows: `larger` of `rows`+1, then the others of `rows`.
struct Tiling {
    int rows, larger, others;
    Tiling(int total, int most) {
        const int tiles = (total + most - 1) / most;
        rows = total / tiles;
        larger = total % tiles;
        others = tiles - larger;
    }
    int tiles() const { return larger + others; }
};

// Cuts `total` into `parts` pieces whose sizes differ by at most one: the start of a piece.
inline int64_t cut(int64_t total, int64_t parts, int64_t part) { return total * part / parts; }

}  // namespace nt::conv
