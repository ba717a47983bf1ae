// Softmax over the channels of every row.
#include "softmax_row.h"
#include "nativetrain.h"
#include "parallel.h"
#include "status.h"
#include "workspace.h"

namespace {

// Rows of one task.
constexpr int64_t block = 64;

template <class Row>
void for_rows(int64_t rows, Row&& row) {
    nt::parallel_for((rows + block - 1) / block, [&](int64_t i) {
        for (int64_t r = i * block; r < std::min(rows, (i + 1) * block); r++) row(r);
    });
}

// The calling thread's room for rows that are converted.
float* row_buffer(size_t floats) {
    thread_local nt::Workspace workspace;
    return workspace.floats(floats);
}

}  // namespace

int nt_softmax_forward(int type, const void* x, int ld_x, void* y, int ld_y, int64_t rows, int c) {
    return nt::guarded("nt_softmax_forward", [&] {
        const nt::Source source(type, x);
        const nt::Target target(type, y);
        for_rows(rows, [&](int64_t r) {
            float* buffer = row_buffer(2 * static_cast<size_t>(c));
            float* to = target.open(r * ld_y, c, buffer + c);
            nt::softmax_row(source.read(r * ld_x, c, buffer), to, c);
            target.close(r * ld_y, c, to);
        });
    });
}

int nt_softmax_backward(int type, const void* y, int ld_y, const void* dy, int ld_dy, void* dx, int ld_dx, int64_t rows, int c, int accumulate) {
    return nt::guarded("nt_softmax_backward", [&] {
        const nt::Source output(type, y), gradient(type, dy);
        const nt::Target target(type, dx);
        for_rows(rows, [&](int64_t r) {
            float* buffer = row_buffer(3 * static_cast<size_t>(c));
            const float* p = output.read(r * ld_y, c, buffer);
            const float* g = gradient.read(r * ld_dy, c, buffer + c);
            float* to = target.open(r * ld_dx, c, buffer + 2 * static_cast<size_t>(c), accumulate);
            const float dot = nt::softmax_row_dot(p, g, c);
            if (accumulate) {
#pragma omp simd
                for (int i = 0; i < c; i++) to[i] += p[i] * (g[i] - dot);
            } else {
#pragma omp simd
                for (int i = 0; i < c; i++) to[i] = p[i] * (g[i] - dot);
            }
            target.close(r * ld_dx, c, to);
        });
    });
}
