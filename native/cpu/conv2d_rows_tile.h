// The register tile of conv2d_rows.cpp: acc[M pixels][N vectors] += Σ over words of a[m][word] · b[n][word].
//
// A word is what is broadcast in one load: a float, or a pair of bfloat16 numbers of which VDPBF16PS adds both products to a lane.
// Eight output channels would leave half of a vector empty. There a word is two of these side by side, the even lanes multiply
// the first and the odd ones the second, and neighbouring lanes are added at the end.
#pragma once
#include "conv2d_ahead.h"
#include "conv2d_words.h"

#include <cstring>

namespace nt::conv::rows {

constexpr int vector_bytes = 64;
constexpr int stretch = 16;  // words between two rounds of fetches: in the steps themselves all registers are in use
// Of a tile. Rows of fewer than half of that, which other ways are faster for, are computed pixel by pixel: four sizes less to compile.
constexpr int most_pixels = 12, half_pixels = most_pixels / 2;
inline Tiling tiling(int pixels) { return Tiling(pixels, pixels < half_pixels ? 1 : most_pixels); }

// Tiles side by side along a row of outputs. Their two vectors are neighbouring channels, or the same channels of two rows: then some
// rows of the input are under the first row's kernel alone, some under both and some under the second's alone. Distances are in bytes.
struct Strip {
    const char *a[2];           // the input under the first output, in the first row that is under each vector's kernel
    ptrdiff_t a_pixel, a_row;   // to the next output's, and to the next row's
    const char *b[2];           // each vector's weights of that row
    ptrdiff_t b_row;            // to those of the next row
    int before, both, after;    // rows of the input
    int words;                  // of a row under a kernel
    const float *bias[2];       // by lane
    char *y[2];
    ptrdiff_t y_pixel;
    bool y_is_float;            // else of the input's type
};

// A word in all lanes, or two in turn.
template <bool eight>
inline __attribute__((always_inline)) Vec broadcast(const char* a) {
    if constexpr (eight) return (Vec)_mm512_castpd_ps(_mm512_set1_pd(*reinterpret_cast<const double __attribute__((may_alias, aligned(1)))*>(a)));
    else return conv::broadcast(reinterpret_cast<const Word*>(a));
}

// The sums of neighbouring lanes of two vectors, the first one's first.
inline Vec add_neighbours(Vec a, Vec b) {
    const __m512i even = _mm512_setr_epi32(0, 2, 4, 6, 8, 10, 12, 14, 16, 18, 20, 22, 24, 26, 28, 30), odd = _mm512_add_epi32(even, _mm512_set1_epi32(1));
    return (Vec)_mm512_permutex2var_ps((__m512)a, even, (__m512)b) + (Vec)_mm512_permutex2var_ps((__m512)a, odd, (__m512)b);
}

// Its reverse: the first eight lanes of both, in turn.
inline Vec alternate(Vec a, Vec b) {
    return (Vec)_mm512_permutex2var_ps((__m512)a, _mm512_setr_epi32(0, 16, 1, 17, 2, 18, 3, 19, 4, 20, 5, 21, 6, 22, 7, 23), (__m512)b);
}

// A sum as it is written. VDPBF16PS takes what is below the normal numbers for 0 in its products and sums, so these need no look at what the
// rounding instruction does with such numbers; the sum of two lanes, or a bias, that ends there is rounded to 0 as well.
template <Type to>
inline auto written(Vec v) {
#ifdef __AVX512BF16__
    if constexpr (to == Type::bf16) return (Halves)_mm512_cvtneps_pbh((__m512)v);
    else
#endif
        return v;
}

// The lower (part 0) or the upper eight lanes.
template <int part, class Lanes>
inline void store_eight(char* y, Lanes v) {
    const auto eight = __builtin_shufflevector(v, v, 8 * part, 8 * part + 1, 8 * part + 2, 8 * part + 3, 8 * part + 4, 8 * part + 5, 8 * part + 6, 8 * part + 7);
    std::memcpy(y, &eight, sizeof eight);
}

// acc[m][n] += Σ over a row's words of a[m][word] · b[n][word], for the vectors [first, last).
template <Type type, bool eight, int first, int last, int M, int N>
inline __attribute__((always_inline)) void add_row(Vec (&acc)[M][N], const char* a, const char* b0, const char* b1, const Strip& s, Ahead& ahead) {
    asm volatile("" ::: "memory");  // the strip is read anew: what the compiler kept of it from row to row would take registers that the steps need
    const ptrdiff_t a_pixel = s.a_pixel;
    constexpr int groups = (M + 3) / 4;  // of pixels: the distances within one serve for all, where registers would not do for twelve
    const char* from[groups];
#pragma GCC unroll 3
    for (int i = 0; i < groups; i++) from[i] = a + 4 * i * a_pixel;
    for (int left = s.words; left > 0; left -= stretch) {
        ahead.next_round();
        const int steps = left < stretch ? left : stretch;
#pragma GCC unroll 4
        for (int k = 0; k < steps; k++, b0 += vector_bytes, b1 += vector_bytes) {
            Vec v[N];
#pragma GCC unroll 2
            for (int n = first; n < last; n++) v[n] = load(reinterpret_cast<const float*>(n == 0 ? b0 : b1));
#pragma GCC unroll 16
            for (int m = 0; m < M; m++) {
                const Vec all = broadcast<eight>(from[m / 4] + m % 4 * a_pixel);
#pragma GCC unroll 2
                for (int n = first; n < last; n++) acc[m][n] = multiply_add<type>(acc[m][n], all, v[n]);
            }
#pragma GCC unroll 3
            for (int i = 0; i < groups; i++) from[i] += eight ? 8 : 4;
        }
    }
}

template <Type to, bool eight, int M, int N>
inline __attribute__((always_inline)) void write(const Vec (&acc)[M][N], const Strip& s) {
#pragma GCC unroll 2
    for (int n = 0; n < N; n++) {
        char* y = s.y[n];
        if constexpr (eight) {
#pragma GCC unroll 16
            for (int m = 0; m < M; m += 2) {
                const auto two = written<to>(add_neighbours(acc[m][n], acc[m + 1 < M ? m + 1 : m][n]));
                store_eight<0>(y + m * s.y_pixel, two);
                if (m + 1 < M) store_eight<1>(y + (m + 1) * s.y_pixel, two);
            }
        } else {
#pragma GCC unroll 16
            for (int m = 0; m < M; m++) {
                const auto lanes = written<to>(acc[m][n]);
                std::memcpy(y + m * s.y_pixel, &lanes, sizeof lanes);
            }
        }
    }
}

// `type`: of the input and the weights.
template <Type type, bool eight, int M, int N>
__attribute__((noinline)) void tiles(Strip& s, int count, Ahead& ahead) {
    for (int t = 0; t < count; t++) {
        Vec acc[M][N];
#pragma GCC unroll 16
        for (int m = 0; m < M; m++)
#pragma GCC unroll 2
            for (int n = 0; n < N; n++) acc[m][n] = load(s.bias[n]);
        const char *a = s.a[0], *b0 = s.b[0], *b1 = s.b[1];
        for (int r = 0; r < s.before; r++, a += s.a_row, b0 += s.b_row) add_row<type, eight, 0, 1>(acc, a, b0, b0, s, ahead);
        if constexpr (N == 2) {
            a = s.a[1];
            for (int r = 0; r < s.both; r++, a += s.a_row, b0 += s.b_row, b1 += s.b_row) add_row<type, eight, 0, 2>(acc, a, b0, b1, s, ahead);
            for (int r = 0; r < s.after; r++, a += s.a_row, b1 += s.b_row) add_row<type, eight, 1, 2>(acc, a, b1, b1, s, ahead);
        }
        if (type == Type::f32 || s.y_is_float) write<Type::f32, eight>(acc, s);
        else write<type, eight>(acc, s);
#pragma GCC unroll 2
        for (int n = 0; n < N; n++) {
            s.y[n] += M * s.y_pixel;
            s.a[n] += M * s.a_pixel;
        }
    }
}

// `tiles` of so many pixels, as `tiling` has them.
template <Type type, bool eight, int N>
auto tiles_of(int pixels) {
    static constexpr auto all = []<int... I>(std::integer_sequence<int, I...>) {
        return std::array{&tiles<type, eight, 1, N>, &tiles<type, eight, half_pixels + I, N>...};
    }(std::make_integer_sequence<int, most_pixels - half_pixels + 1>{});
    return all[pixels == 1 ? 0 : pixels - half_pixels + 1];
}

}  // namespace nt::conv::rows
