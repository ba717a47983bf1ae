// Winograd's minimal filtering for kernels of three taps: along one dimension
//   y = Aᵀ [(G g) ⊙ (Bᵀ d)]
// gives several outputs y of inputs d with fewer products than outputs · taps; in two dimensions each of A, B and G is
// applied along columns and along rows (Lavin, Gray: Fast Algorithms for Convolutional Neural Networks, 2015).
// The matrices are Toom and Cook's: polynomials evaluated at the points 0, ±1, 2, (−2) and ∞, multiplied there, interpolated.
// The transforms of the gradients are the transposes. Every number here is a vector of channels.
#pragma once
#include "conv2d_tile.h"

namespace nt::conv::winograd {

constexpr int taps = 3;

// F(4, 3) at stride 1: four outputs from six products instead of twelve.
struct Unit {
    static constexpr int inputs = 6, points = 6, outputs = 4, kernels = 6;
    static constexpr int in_step = 4;  // inputs from one tile to the next
    static constexpr int sums = 6;     // points of outputs
    static constexpr int kernel_of(int point) { return point; }  // whose weights a point has,
    static constexpr int sum_of(int point) { return point; }     // and to which point of outputs its product belongs

    static inline __attribute__((always_inline)) void to_points(const Vec (&d)[inputs], Vec (&v)[points]) {
        const Vec even = d[4] - 4.f * d[2], odd = d[3] - 4.f * d[1], even2 = d[4] - d[2], odd2 = d[3] - d[1];
        v[0] = d[4] - 5.f * d[2] + 4.f * d[0];
        v[1] = even + odd;
        v[2] = even - odd;
        v[3] = even2 + 2.f * odd2;
        v[4] = even2 - 2.f * odd2;
        v[5] = d[5] - 5.f * d[3] + 4.f * d[1];
    }

    static inline __attribute__((always_inline)) void weights_to_points(const Vec (&g)[taps], Vec (&u)[kernels]) {
        const Vec sum = (-1.f / 6) * (g[0] + g[2]), middle = (-1.f / 6) * g[1];
        const Vec sum2 = (1.f / 24) * g[0] + (1.f / 6) * g[2], middle2 = (1.f / 12) * g[1];
        u[0] = 0.25f * g[0];
        u[1] = sum + middle;
        u[2] = sum - middle;
        u[3] = sum2 + middle2;
        u[4] = sum2 - middle2;
        u[5] = g[2];
    }

    static inline __attribute__((always_inline)) void from_points(const Vec (&p)[sums], Vec (&y)[outputs]) {
        const Vec sum = p[1] + p[2], difference = p[1] - p[2], sum2 = p[3] + p[4], difference2 = p[3] - p[4];
        y[0] = p[0] + sum + sum2;
        y[1] = difference + 2.f * difference2;
        y[2] = sum + 4.f * sum2;
        y[3] = difference + 8.f * difference2 + p[5];
    }

    static inline __attribute__((always_inline)) void gradient_to_points(const Vec (&dy)[outputs], Vec (&p)[sums]) {
        const Vec even = dy[0] + dy[2], odd = dy[1] + dy[3], even2 = dy[0] + 4.f * dy[2], odd2 = dy[1] + 4.f * dy[3];
        p[0] = dy[0];
        p[1] = even + odd;
        p[2] = even - odd;
        p[3] = even2 + 2.f * odd2;
        p[4] = even2 - 2.f * odd2;
        p[5] = dy[3];
    }

    static inline __attribute__((always_inline)) void weights_from_points(const Vec (&du)[kernels], Vec (&dg)[taps]) {
        const Vec sum = (-1.f / 6) * (du[1] + du[2]), difference = (-1.f / 6) * (du[1] - du[2]), sum2 = du[3] + du[4];
        dg[0] = 0.25f * du[0] + sum + (1.f / 24) * sum2;
        dg[1] = difference + (1.f / 12) * (du[3] - du[4]);
        dg[2] = sum + (1.f / 6) * sum2 + du[5];
    }
};

// F(4, 2): y[i] = d[i]·g0 + d[i+1]·g1 from five products instead of eight.
struct TwoTaps {
    static inline __attribute__((always_inline)) void to_points(const Vec& d0, const Vec& d1, const Vec& d2, const Vec& d3, const Vec& d4, Vec* v) {
        const Vec odd = d3 - d1;
        v[0] = odd + 2.f * (d0 - d2);
        v[1] = d3 - d2 - 2.f * d1;
        v[2] = d3 - 3.f * d2 + 2.f * d1;
        v[3] = odd;
        v[4] = d4 - d2 - 2.f * odd;
    }
    static inline __attribute__((always_inline)) void weights_to_points(const Vec& g0, const Vec& g1, Vec* u) {
        u[0] = 0.5f * g0;
        u[1] = -0.5f * (g0 + g1);
        u[2] = (1.f / 6) * (g1 - g0);
        u[3] = (1.f / 6) * g0 + (1.f / 3) * g1;
        u[4] = g1;
    }
    static inline __attribute__((always_inline)) void from_points(const Vec* p, Vec (&y)[4]) {
        const Vec sum = p[1] + p[2], difference = p[1] - p[2];
        y[0] = p[0] + sum + p[3];
        y[1] = difference + 2.f * p[3];
        y[2] = sum + 4.f * p[3];
        y[3] = difference + 8.f * p[3] + p[4];
    }
    static inline __attribute__((always_inline)) void gradient_to_points(const Vec (&dy)[4], Vec* p) {
        const Vec even = dy[0] + dy[2], odd = dy[1] + dy[3];
        p[0] = dy[0];
        p[1] = even + odd;
        p[2] = even - odd;
        p[3] = (dy[0] + 4.f * dy[2]) + 2.f * (dy[1] + 4.f * dy[3]);
        p[4] = dy[3];
    }
    static inline __attribute__((always_inline)) void weights_from_points(const Vec* du, Vec& dg0, Vec& dg1) {
        dg0 = 0.5f * (du[0] - du[1]) + (1.f / 6) * (du[3] - du[2]);
        dg1 = (1.f / 6) * du[2] - 0.5f * du[1] + (1.f / 3) * du[3] + du[4];
    }
};

// At stride 2, y[i] = (d[2i]·g0 + d[2i+2]·g2) + d[2i+1]·g1: two taps over every second input, and one tap over the others.
// Four outputs take 5 + 4 products instead of twelve; the last four share the weight g1.
struct Strided {
    static constexpr int inputs = 9, points = 9, outputs = 4, kernels = 6;
    static constexpr int in_step = 8;
    static constexpr int sums = 7;
    static constexpr int kernel_of(int point) { return point < 5 ? point : 5; }
    // Of the two-tap products, the first is part of the first output alone and the last of the last: they are added to the one-tap ones of these.
    static constexpr int sum_of(int point) { return point < 5 ? point : point == 5 ? 0 : point == 8 ? 4 : point - 1; }

    static inline __attribute__((always_inline)) void to_points(const Vec (&d)[inputs], Vec (&v)[points]) {
        TwoTaps::to_points(d[0], d[2], d[4], d[6], d[8], v);
        for (int i = 0; i < 4; i++) v[5 + i] = d[2 * i + 1];
    }
    static inline __attribute__((always_inline)) void weights_to_points(const Vec (&g)[taps], Vec (&u)[kernels]) {
        TwoTaps::weights_to_points(g[0], g[2], u);
        u[5] = g[1];
    }
    static inline __attribute__((always_inline)) void from_points(const Vec (&p)[sums], Vec (&y)[outputs]) {
        TwoTaps::from_points(p, y);
        y[1] += p[5];
        y[2] += p[6];
    }
    static inline __attribute__((always_inline)) void gradient_to_points(const Vec (&dy)[outputs], Vec (&p)[sums]) {
        TwoTaps::gradient_to_points(dy, p);
        p[5] = dy[1];
        p[6] = dy[2];
    }
    static inline __attribute__((always_inline)) void weights_from_points(const Vec (&du)[kernels], Vec (&dg)[taps]) {
        TwoTaps::weights_from_points(du, dg[0], dg[2]);
        dg[1] = du[5];
    }
};

// The gradient of the data at stride 2 and padding 1: dx[2i] = dy[i]·g1 and dx[2i+1] = dy[i]·g2 + dy[i+1]·g0. The weights come
// turned (g0 and g2 changed places), as for Unit.
struct StridedData {
    static constexpr int inputs = 5, points = 9, outputs = 8, kernels = 6;
    static constexpr int in_step = 4;
    static constexpr int sums = 9;
    static constexpr int kernel_of(int point) { return Strided::kernel_of(point); }
    static constexpr int sum_of(int point) { return point; }

    static inline __attribute__((always_inline)) void to_points(const Vec (&d)[inputs], Vec (&v)[points]) {
        TwoTaps::to_points(d[0], d[1], d[2], d[3], d[4], v);
        for (int i = 0; i < 4; i++) v[5 + i] = d[i];
    }
    static inline __attribute__((always_inline)) void weights_to_points(const Vec (&g)[taps], Vec (&u)[kernels]) { Strided::weights_to_points(g, u); }
    static inline __attribute__((always_inline)) void from_points(const Vec (&p)[sums], Vec (&y)[outputs]) {
        Vec odd[4];
        TwoTaps::from_points(p, odd);
        for (int i = 0; i < 4; i++) y[2 * i] = p[5 + i], y[2 * i + 1] = odd[i];
    }
};

}  // namespace nt::conv::winograd
