// A piece of a tensor among many: what a block takes of an op over all parameters at once.
#pragma once
#include "common.cuh"

// src/NativeTrain.Cuda/PieceTable.cs fills the same struct.
struct Piece {
    float* value;
    const float* grad;
    float *state1, *state2;
    long long count;  // at most 4096

    // How many of its numbers go in packs of four: none where a pointer that is used does not lie at a multiple of 16 bytes.
    DEVICE int packed(int states) const {
        return aligned(value) && aligned(grad) && (states < 1 || aligned(state1)) && (states < 2 || aligned(state2)) ? whole_packs() : 0;
    }
    DEVICE int packed_grad() const { return aligned(grad) ? whole_packs() : 0; }
    DEVICE int packed_value() const { return aligned(value) ? whole_packs() : 0; }

private:
    DEVICE int whole_packs() const { return static_cast<int>(count / 4 * 4); }
    DEVICE static bool aligned(const void* p) { return reinterpret_cast<unsigned long long>(p) % 16 == 0; }
};
