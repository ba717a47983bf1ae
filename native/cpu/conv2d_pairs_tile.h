// The register tile of bfloat16 products: acc[M rows][N vectors] += Σ over pairs of a[pair][m] · b[pair][n], each a sum of two
// products. How pairs are made: two rows of numbers, interleaved.
#pragma once
#include "conv2d_ahead.h"
#include "conv2d_tile.h"

#include <immintrin.h>

namespace nt::conv::pairs {

using Pair = uint32_t;  // two bfloat16 numbers, of two pixels at one channel

// out[i] = {a[i], b[i]}; a row that is null counts as zeros.
inline void pair_rows(const uint16_t* a, const uint16_t* b, int64_t count, Pair* out) {
    alignas(64) static constexpr auto order = [] {  // word i of `a` and word i of `b` in turn
        std::array<uint16_t, 64> w{};
        for (int i = 0; i < 32; i++) w[2 * i] = i, w[2 * i + 1] = 32 + i;
        return w;
    }();
    const __m512i low = _mm512_load_si512(order.data()), high = _mm512_load_si512(order.data() + 32);
    const auto some = [&](int64_t i, __mmask32 meant) {
        const __m512i first = a ? _mm512_maskz_loadu_epi16(meant, a + i) : _mm512_setzero_si512(), second = b ? _mm512_maskz_loadu_epi16(meant, b + i) : _mm512_setzero_si512();
        return std::pair(_mm512_permutex2var_epi16(first, low, second), _mm512_permutex2var_epi16(first, high, second));
    };
    int64_t i = 0;
    for (; i + 32 <= count; i += 32) {
        const auto [x, y] = some(i, ~0u);
        _mm512_storeu_si512(out + i, x);
        _mm512_storeu_si512(out + i + 16, y);
    }
    if (i == count) return;
    const __mmask32 rest = (1u << (count - i)) - 1;
    const auto [x, y] = some(i, rest);
    _mm512_mask_storeu_epi32(out + i, static_cast<__mmask16>(rest), x);
    if (count - i > 16) _mm512_mask_storeu_epi32(out + i + 16, static_cast<__mmask16>(rest >> 16), y);
}

// Tiles one under another: a's numbers M further on, out's rows M further down.
struct Strip {
    const Pair* a;
    const Pair* b;
    ptrdiff_t a_pair, b_pair, b_row;  // from a pair of pixels to the next; b: from a row of them to the next (a's rows have no gap)
    int rows, columns;                // of pairs
    float* out;
    ptrdiff_t out_row;
    __mmask16 last;  // of the last vector's lanes those that count
    bool add;        // to what `out` holds
};

constexpr int tile_rows[] = {0, 12, 12, 8};  // of a tile at most, by its vectors

template <int M, int N>
struct PairTile {
    static __attribute__((noinline)) void run(Strip s, int tiles, Ahead& ahead) {
        for (int t = 0; t < tiles; t++, s.a += M, s.out += M * s.out_row) {
            __m512 acc[M][N];
#pragma GCC unroll 16
            for (int m = 0; m < M; m++)
#pragma GCC unroll 3
                for (int n = 0; n < N; n++) acc[m][n] = _mm512_setzero_ps();
            const Pair* a = s.a;
            for (int r = 0; r < s.rows; r++) {
                const Pair* b = s.b + r * s.b_row;
                for (int k = 0; k < s.columns; k++, a += s.a_pair, b += s.b_pair) {
                    __m512bh v[N];
#pragma GCC unroll 3
                    for (int n = 0; n < N; n++) v[n] = (__m512bh)_mm512_loadu_si512(b + n * width);
                    ahead.next();
#pragma GCC unroll 16
                    for (int m = 0; m < M; m++) {
                        const auto all = (__m512bh)_mm512_set1_epi32(a[m]);
#pragma GCC unroll 3
                        for (int n = 0; n < N; n++) acc[m][n] = _mm512_dpbf16_ps(acc[m][n], all, v[n]);
                    }
                }
            }
#pragma GCC unroll 16
            for (int m = 0; m < M; m++)
#pragma GCC unroll 3
                for (int n = 0; n < N; n++) {
                    float* out = s.out + m * s.out_row + n * width;
                    const __mmask16 meant = n == N - 1 ? s.last : __mmask16(~0);
                    const __m512 before = s.add ? _mm512_maskz_loadu_ps(meant, out) : _mm512_setzero_ps();
                    _mm512_mask_storeu_ps(out, meant, before + acc[m][n]);
                }
        }
    }
};

template <int N>
constexpr auto tiles_of = []<int... I>(std::integer_sequence<int, I...>) {
    return std::array{&PairTile<I + 1, N>::run...};
}(std::make_integer_sequence<int, tile_rows[N]>{});

// Vectors side by side that suit `count` numbers.
inline int vectors_for(int count) {
    const int vectors = (count + width - 1) / width;
    return vectors == 1 ? 1 : vectors % 2 && vectors % 3 == 0 ? 3 : 2;
}

// out[row][0 … count) += over the rows of `tiling` and `count` numbers of b, `most` vectors side by side.
inline void multiply(Strip s, const Tiling& tiling, int count, int most, Ahead& ahead) {
    for (int first = 0; first < count; first += most * width, s.b += most * width, s.out += most * width) {
        const int left = count - first, n = std::min(most, (left + width - 1) / width), rest = left - (n - 1) * width;
        s.last = rest >= width ? __mmask16(~0) : __mmask16((1u << rest) - 1);
        const auto run = [&](int m) { return n == 1 ? tiles_of<1>[m - 1] : n == 2 ? tiles_of<2>[m - 1] : tiles_of<3>[m - 1]; };
        if (tiling.larger) run(tiling.rows + 1)(s, tiling.larger, ahead);
        Strip others = s;
        const int done = tiling.larger * (tiling.rows + 1);
        others.a += done;
        others.out += done * s.out_row;
        run(tiling.rows)(others, tiling.others, ahead);
    }
}

}  // namespace nt::conv::pairs
