// ldmatrix and mma.sync on the CPU: where each number of a matrix lies in a warp's registers, as the PTX ISA manual
// has it ("Matrix Fragments for mma.m16n8k16", "ldmatrix"). Lane l = 4·g + t:
//   A 16×16: register 2·i + j, half e holds A[g + 8·j][8·i + 2·t + e];
//   B 16×8:  register i, half e holds B[8·i + 2·t + e][g];
//   D 16×8:  register 2·j + e holds D[g + 8·j][2·t + e].
#pragma once
#include "block.h"

#include <cstdint>
#include <cstring>

namespace emu {

// Four 8×8 matrices of 16-bit numbers: lane 8·i + j gives the address of matrix i's row j. Register i then holds matrix
// i's numbers [g][2·t], [g][2·t+1], or of its transpose.
template <bool transposed>
void ldmatrix_x4(unsigned (&d)[4], const void* row) {
    vector_access(row, 16, false);
    unsigned words[2];
    std::memcpy(words, &row, sizeof row);
    const Exchanged all = exchange(0xffffffffu, words, 2);
    const unsigned g = thread->lane / 4, t = thread->lane % 4;
    const auto row_of = [&](unsigned matrix, unsigned j) {
        const unsigned short* address;
        std::memcpy(&address, all[matrix * 8 + j], sizeof address);
        return address;
    };
    for (unsigned i = 0; i < 4; i++) {
        const unsigned low = transposed ? row_of(i, 2 * t)[g] : row_of(i, g)[2 * t];
        const unsigned high = transposed ? row_of(i, 2 * t + 1)[g] : row_of(i, g)[2 * t + 1];
        d[i] = low | high << 16;
    }
}

// D += A·B over `depth` (16 or 8) numbers of type T, in float.
template <class T, int depth>
void mma(float (&d)[4], const unsigned* a, const unsigned* b) {
    constexpr int blocks = depth / 8;
    unsigned words[3 * blocks];
    std::memcpy(words, a, 2 * blocks * sizeof(unsigned));
    std::memcpy(words + 2 * blocks, b, blocks * sizeof(unsigned));
    const Exchanged all = exchange(0xffffffffu, words, 3 * blocks);
    const unsigned g = thread->lane / 4, t = thread->lane % 4;
    const auto number = [](unsigned word, int half) { return to_float(T{static_cast<unsigned short>(word >> 16 * half)}); };
    for (int i = 0; i < blocks; i++)
        for (unsigned u = 0; u < 4; u++)
            for (int e = 0; e < 2; e++) {
                const float b0 = number(all[8 * t + u][2 * blocks + i], e), b1 = number(all[8 * t + 4 + u][2 * blocks + i], e);
                const float a0 = number(all[4 * g + u][2 * i], e), a1 = number(all[4 * g + u][2 * i + 1], e);
                d[0] += a0 * b0;
                d[1] += a0 * b1;
                d[2] += a1 * b0;
                d[3] += a1 * b1;
            }
}

}  // namespace emu
