// One step of an optimizer, the gradients' norm and the weights' moving average, each over all tensors of a model in one launch;
// and the gradients to zero.
//
// A YOLO11n has 250 parameter tensors from 16 numbers to half a million. The host cuts them into pieces of at most 4096 numbers
// and keeps the table of pieces in device memory (src/NativeTrain.Cuda/PieceTable.cs); a block takes a piece.
// Formulas: math/sgd.h, adam.h, nadam.h, radam.h, rmsprop.h. Gradients are multiplied by grad_scale as they are read: what the
// loss scaler takes back and what clipping allows, so that neither needs a pass of its own. Whether a 16-bit gradient overflowed
// is read off the norm, which is then infinite or NaN: the check costs no pass either.
// Bytes a number: SGD with momentum reads 12 and writes 8, the Adams 16 and 12, the norm reads 4, the average reads 8, writes 4.
// FLOPs: 5 to 15 a number, so that memory alone counts.
// Threads: four neighbours each where a piece lies at multiples of 16 bytes, otherwise one.
#include "pieces.cuh"
#include "math/adam.h"
#include "math/nadam.h"
#include "math/radam.h"
#include "math/rmsprop.h"
#include "math/sgd.h"

namespace {
constexpr int threads = 256;

// Calls update(g, p, s, u) for every number of the block's piece: gradient, value and the first `states` states.
template <int states, int vector, class Update>
DEVICE void update_numbers(const Piece& piece, int begin, int end, float grad_scale, Update&& update) {
    for (int i = begin + threadIdx.x * vector; i < end; i += threads * vector) {
        float g[vector], p[vector], s[vector] = {}, u[vector] = {};
        load<vector>(piece.grad + i, g);
        load<vector>(piece.value + i, p);
        if (states > 0) load<vector>(piece.state1 + i, s);
        if (states > 1) load<vector>(piece.state2 + i, u);
UNROLL
        for (int j = 0; j < vector; j++) update(grad_scale * g[j], p[j], s[j], u[j]);
        store<vector>(piece.value + i, p);
        if (states > 0) store<vector>(piece.state1 + i, s);
        if (states > 1) store<vector>(piece.state2 + i, u);
    }
}

template <int states, class Update>
DEVICE void update_piece(const Piece* pieces, float grad_scale, Update&& update) {
    const Piece piece = pieces[blockIdx.x];
    const int packed = piece.packed(states);
    update_numbers<states, 4>(piece, 0, packed, grad_scale, update);
    update_numbers<states, 1>(piece, packed, piece.count, grad_scale, update);
}
}  // namespace

__global__ void optimizer_sgd_plain(nt::Sgd s, const Piece* pieces, float grad_scale) {
    update_piece<0>(pieces, grad_scale, [&](float g, float& p, float&, float&) { nt::sgd_plain(s, g, p); });
}

__global__ void optimizer_sgd(nt::Sgd s, const Piece* pieces, float grad_scale) {
    update_piece<1>(pieces, grad_scale, [&](float g, float& p, float& buffer, float&) { nt::sgd(s, g, p, buffer); });
}

__global__ void optimizer_adam(nt::Adam s, const Piece* pieces, float grad_scale) {
    update_piece<2>(pieces, grad_scale, [&](float g, float& p, float& m, float& v) { nt::adam(s, g, p, m, v); });
}

__global__ void optimizer_nadam(nt::NAdam s, const Piece* pieces, float grad_scale) {
    update_piece<2>(pieces, grad_scale, [&](float g, float& p, float& m, float& v) { nt::nadam(s, g, p, m, v); });
}

__global__ void optimizer_radam(nt::RAdam s, const Piece* pieces, float grad_scale) {
    update_piece<2>(pieces, grad_scale, [&](float g, float& p, float& m, float& v) { nt::radam(s, g, p, m, v); });
}

__global__ void optimizer_rmsprop_plain(nt::RmsProp s, const Piece* pieces, float grad_scale) {
    update_piece<1>(pieces, grad_scale, [&](float g, float& p, float& square, float&) { nt::rmsprop_plain(s, g, p, square); });
}

__global__ void optimizer_rmsprop(nt::RmsProp s, const Piece* pieces, float grad_scale) {
    update_piece<2>(pieces, grad_scale, [&](float g, float& p, float& square, float& buffer) { nt::rmsprop(s, g, p, square, buffer); });
}

// value is the average here and grad what it follows. In this form an average of a value that does not change (a frozen
// weight) does not change either, to the last bit.
__global__ void ema_update(const Piece* pieces, float rest) {
    update_piece<0>(pieces, 1.f, [&](float value, float& average, float&, float&) { average += rest * (value - average); });
}

__global__ void zero_pieces(const Piece* pieces) {
    const Piece piece = pieces[blockIdx.x];
    const int packed = piece.packed_value();
    for (int i = threadIdx.x * 4; i < packed; i += threads * 4) store(piece.value + i, {0, 0, 0, 0});
    for (int i = packed + threadIdx.x; i < piece.count; i += threads) piece.value[i] = 0;
}

// Σ g² of each piece, in double: a thread's numbers in order, then the block's threads.
__global__ void grad_norm_pieces(const Piece* pieces, double* of_piece) {
    __shared__ double partial[threads / warp_size];
    const Piece piece = pieces[blockIdx.x];
    double sum = 0;
    const int packed = piece.packed_grad();
    for (int i = threadIdx.x * 4; i < packed; i += threads * 4) {
        float g[4];
        load<4>(piece.grad + i, g);
UNROLL
        for (int j = 0; j < 4; j++) sum += static_cast<double>(g[j]) * g[j];
    }
    for (int i = packed + threadIdx.x; i < piece.count; i += threads) sum += static_cast<double>(piece.grad[i]) * piece.grad[i];
    sum = block_sum<threads>(sum, partial);
    if (threadIdx.x == 0) of_piece[blockIdx.x] = sum;
}

// One block.
__global__ void grad_norm(const double* of_piece, int pieces, double* norm) {
    __shared__ double partial[threads / warp_size];
    double sum = 0;
    for (int i = threadIdx.x; i < pieces; i += threads) sum += of_piece[i];
    sum = block_sum<threads>(sum, partial);
    if (threadIdx.x == 0) norm[0] = nt::square_root(sum);
}

KERNEL(optimizer_sgd_plain)
KERNEL(optimizer_sgd)
KERNEL(optimizer_adam)
KERNEL(optimizer_nadam)
KERNEL(optimizer_radam)
KERNEL(optimizer_rmsprop_plain)
KERNEL(optimizer_rmsprop)
KERNEL(ema_update)
KERNEL(zero_pieces)
KERNEL(grad_norm_pieces)
KERNEL(grad_norm)
