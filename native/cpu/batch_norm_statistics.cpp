// Batch norm (Ioffe & Szegedy 2015, arXiv:1502.03167), first half: mean and variance of every channel.
//
// One pass over x. A chunk of pixels sums d = x - k and d² in float, with k the mean of the chunk's first few
// pixels: d is then of the size of the standard deviation however large the mean is, and Σd² - (Σd)²/n loses
// no digits. The chunks' means and sums of squares are combined in double, in order (Chan, Golub & LeVeque 1979).
#include "batch_norm.h"
#include "nativetrain.h"
#include "parallel.h"
#include "status.h"
#include "workspace.h"

#include <cmath>
#include <stdexcept>
#include <vector>

namespace {

constexpr int64_t shift_rows = 8;

using nt::Type;
using nt::Vector;

inline Vector at(const float* table, int64_t i) { return nt::load<Type::f32>(table + i); }

// sum += d and squares += d² in N vectors of each of so many lines, four lines at a time. The sums stay in registers; lines of 64 numbers are read in
// the order of their addresses, which the processor's own prefetching follows.
template <Type type, int N>
inline __attribute__((always_inline)) void add_lines(const nt::Element<type>* x, int64_t lines, int64_t line, const float* shift, float* sum, float* squares) {
    Vector k[N], s[N], q[N];
    for (int n = 0; n < N; n++) k[n] = at(shift, n * nt::lanes), s[n] = at(sum, n * nt::lanes), q[n] = at(squares, n * nt::lanes);
    for (int64_t l = 0; l < lines; l += 4, x += 4 * line)
#pragma GCC unroll 8
        for (int n = 0; n < N; n++) {
            const auto* from = x + n * nt::lanes;
            const Vector d0 = nt::load<type>(from) - k[n], d1 = nt::load<type>(from + line) - k[n];
            const Vector d2 = nt::load<type>(from + 2 * line) - k[n], d3 = nt::load<type>(from + 3 * line) - k[n];
            s[n] += (d0 + d1) + (d2 + d3);
            q[n] += (d0 * d0 + d1 * d1) + (d2 * d2 + d3 * d3);
        }
    for (int n = 0; n < N; n++) nt::store<Type::f32>(sum + n * nt::lanes, s[n]), nt::store<Type::f32>(squares + n * nt::lanes, q[n]);
}

// Mean and Σ(x - mean)² of the channels over pixels [0, rows) of x. `work` holds 3 lines.
template <Type type>
void chunk_moments(const nt::BatchNormLayout& layout, const nt::Element<type>* x, int64_t rows, float* work, float* mean, float* m2) {
    const int c = layout.c;
    const int64_t line = layout.line(), count = rows * c;
    float *shift = work, *sum = work + line, *squares = work + 2 * line;

    std::fill_n(work, 3 * line, 0.f);
    const int64_t first = std::min(rows, shift_rows);
    for (int64_t r = 0; r < first; r++)
        nt::each_vector(c, [&](int64_t i, auto part) {
            nt::store<Type::f32>(shift + i, nt::load<Type::f32>(shift + i, part) + nt::load<type>(x + r * c + i, part) / static_cast<float>(first), part);
        });
    for (int64_t i = c; i < line; i++) shift[i] = shift[i - c];

    constexpr int most = nt::lanes == 16 ? 4 : 2;  // vectors whose sums stay in registers
    const int64_t lines = count / line / 4 * 4;
    int64_t i = 0;
    for (; i + most * nt::lanes <= line; i += most * nt::lanes) add_lines<type, most>(x + i, lines, line, shift + i, sum + i, squares + i);
    const auto rest = [&]<int N>() { add_lines<type, N>(x + i, lines, line, shift + i, sum + i, squares + i); };
    switch ((line - i) / nt::lanes) {
        case 1: rest.template operator()<1>(); break;
        case 2: rest.template operator()<2>(); break;
        case 3: rest.template operator()<3>(); break;
    }
    for (int64_t begin = lines * line; begin < count; begin += line)
        nt::each_vector(std::min(line, count - begin), [&](int64_t i, auto part) {
            const Vector d = nt::load<type>(x + begin + i, part) - at(shift, i);
            nt::store<Type::f32>(sum + i, nt::load<Type::f32>(sum + i, part) + d, part);
            nt::store<Type::f32>(squares + i, nt::load<Type::f32>(squares + i, part) + d * d, part);
        });

    for (int64_t i = c; i < line; i++) {
        sum[i % c] += sum[i];
        squares[i % c] += squares[i];
    }
    const float n = static_cast<float>(rows);
    for (int i = 0; i < c; i++) {
        mean[i] = shift[i] + sum[i] / n;
        m2[i] = std::max(0.f, squares[i] - sum[i] * sum[i] / n);
    }
}

}  // namespace

int nt_batch_norm_statistics(int type, const void* x, int64_t rows, int c, float eps, float momentum, float* mean, float* invstd, float* running_mean, float* running_var) {
    return nt::guarded("nt_batch_norm_statistics", [&] {
        if (rows < 1 || c < 1) throw std::invalid_argument("an empty map has no statistics");
        const nt::BatchNormLayout layout(rows, c);
        const int64_t chunks = layout.chunks();
        thread_local nt::Workspace of_chunks;
        float *chunk_mean = of_chunks.floats(2 * chunks * c), *chunk_m2 = chunk_mean + chunks * c;
        nt::with_type(nt::type_of(type), [&](auto t) {
            nt::parallel_for(chunks, [&](int64_t i) {
                thread_local nt::Workspace work;
                const int64_t first = layout.begin(i), pixels = layout.end(i) - first;
                chunk_moments<t>(layout, static_cast<const nt::Element<t>*>(x) + first * c, pixels, work.floats(3 * layout.line()), &chunk_mean[i * c], &chunk_m2[i * c]);
            });
        });

        std::vector<double> average(c), m2(c);
        for (int64_t i = 0; i < chunks; i++) {
            const double share = static_cast<double>(layout.end(i) - layout.begin(i)) / static_cast<double>(rows);
            for (int k = 0; k < c; k++) average[k] += share * chunk_mean[i * c + k];
        }
        for (int64_t i = 0; i < chunks; i++) {
            const double n = static_cast<double>(layout.end(i) - layout.begin(i));
            for (int k = 0; k < c; k++) {
                const double off = chunk_mean[i * c + k] - average[k];
                m2[k] += chunk_m2[i * c + k] + off * off * n;
            }
        }
        for (int k = 0; k < c; k++) {
            const double variance = m2[k] / rows, unbiased = m2[k] / std::max<int64_t>(1, rows - 1);
            mean[k] = static_cast<float>(average[k]);
            invstd[k] = static_cast<float>(1 / std::sqrt(variance + eps));
            running_mean[k] = static_cast<float>((1 - momentum) * running_mean[k] + momentum * average[k]);
            running_var[k] = static_cast<float>((1 - momentum) * running_var[k] + momentum * unbiased);
        }
    });
}

int nt_batch_norm_invstd(const float* var, int c, float eps, float* invstd) {
    return nt::guarded("nt_batch_norm_invstd", [&] {
        for (int k = 0; k < c; k++) invstd[k] = 1.f / std::sqrt(var[k] + eps);
    });
}
