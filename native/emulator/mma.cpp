#include "mma.h"
#include "block.h"
#include "check/check.h"
#include "math/bf16.h"
#include "math/half.h"
#include "vector_access.h"

#include <cstring>
#include <type_traits>

namespace emu {

namespace {

template <class T>
float number(unsigned word, int i) {
    const auto bits = static_cast<unsigned short>(word >> 16 * i);
    return std::is_same_v<T, half> ? nt::half_to_float(bits) : nt::bf16_to_float(bits);
}

// In each row lie a lane's words of A (k / 4), then of B (k / 8); its four numbers of A·B go in their place.
template <class T, int k>
void multiply(Row* rows, unsigned) {
    float a[16][k], b[k][8], d[16][8] = {};
    for (int lane = 0; lane < 32; lane++) {
        const int group = lane / 4, pair = lane % 4 * 2;
        for (int i = 0; i < 2; i++) {
            for (int w = 0; w < k / 4; w++) a[group + w % 2 * 8][w / 2 * 8 + pair + i] = number<T>(rows[lane][w], i);
            for (int w = 0; w < k / 8; w++) b[w * 8 + pair + i][group] = number<T>(rows[lane][k / 4 + w], i);
        }
    }
    for (int m = 0; m < 16; m++)
        for (int j = 0; j < k; j++)
            for (int n = 0; n < 8; n++) d[m][n] += a[m][j] * b[j][n];
    for (int lane = 0; lane < 32; lane++) {
        const int group = lane / 4, pair = lane % 4 * 2;
        const float mine[] = {d[group][pair], d[group][pair + 1], d[group + 8][pair], d[group + 8][pair + 1]};
        std::memcpy(rows[lane], mine, sizeof mine);
    }
}

// In each row lies the address of a row of a matrix.
template <bool transposed>
void distribute(Row* rows, unsigned) {
    const unsigned short* from[32];
    for (int lane = 0; lane < 32; lane++) std::memcpy(&from[lane], rows[lane], sizeof from[lane]);
    for (int lane = 0; lane < 32; lane++)
        for (int m = 0; m < 4; m++) {
            const int r = lane / 4, c = lane % 4 * 2;
            const unsigned low = transposed ? from[8 * m + c][r] : from[8 * m + r][c], high = transposed ? from[8 * m + c + 1][r] : from[8 * m + r][c + 1];
            rows[lane][m] = low | high << 16;
        }
}

}  // namespace

template <class T, int k>
void mma(float (&d)[4], const unsigned (&a)[k / 4], const unsigned (&b)[k / 8]) {
    unsigned words[k / 4 + k / 8];
    std::memcpy(words, a, sizeof a);
    std::memcpy(words + k / 4, b, sizeof b);
    float product[4];
    std::memcpy(product, exchange(~0u, words, k / 4 + k / 8, multiply<T, k>, __builtin_return_address(0)), sizeof product);
    for (int i = 0; i < 4; i++) d[i] += product[i];
}
template void mma<half, 16>(float (&)[4], const unsigned (&)[4], const unsigned (&)[2]);
template void mma<bf16, 16>(float (&)[4], const unsigned (&)[4], const unsigned (&)[2]);

template <bool transposed>
void ldmatrix_x4(unsigned (&d)[4], const void* row) {
    const void* pc = __builtin_return_address(0);
    check::running ? check::vector_access(reinterpret_cast<uintptr_t>(row), 16, check::Kind::read, pc) : check_alignment(row, 16, false);
    unsigned words[2];
    std::memcpy(words, &row, sizeof row);
    std::memcpy(d, exchange(~0u, words, 2, distribute<transposed>, pc), sizeof d);
}
template void ldmatrix_x4<false>(unsigned (&)[4], const void*);
template void ldmatrix_x4<true>(unsigned (&)[4], const void*);

}  // namespace emu
