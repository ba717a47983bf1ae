// Tensor cores: D += A·B by a warp whose lanes each hold a few numbers of every matrix, two of 16 bits in a word, laid out
// as in the PTX manual ("Matrix Fragments for mma.m16n8k16"). All 32 lanes must take part.
#pragma once

struct half;
struct bf16;

namespace emu {

// A is 16×k, B k×8, D 16×8; k is 16. T is half or bf16.
template <class T, int k>
void mma(float (&d)[4], const unsigned (&a)[k / 4], const unsigned (&b)[k / 8]);

// Four 8×8 matrices of 16-bit numbers from shared memory: lane 8i + r gives the address of row r (16 bytes) of matrix i,
// and gets of each matrix the word at row lane / 4, columns 2·(lane % 4) and + 1; transposed, of the matrix's transpose.
template <bool transposed>
void ldmatrix_x4(unsigned (&d)[4], const void* row);

}  // namespace emu
