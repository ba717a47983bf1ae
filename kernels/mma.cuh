// A warp's product of small matrices on tensor cores, and the loads of its operands from shared memory. Lane 4·g + t holds,
// as the PTX ISA manual has it ("Matrix Fragments for mma.m16n8k16"), two neighbours along the sum in a register:
//   A 16×16: register 2·i + j: A[g + 8·j][8·i + 2·t …];  B 16×8: register i: B[8·i + 2·t …][g];
//   D 16×8:  register 2·j + e: D[g + 8·j][2·t + e].
// Half from sm_75 on, bf16 from sm_80 on: before that the host launches no kernel that calls these.
#pragma once
#include "copy_async.cuh"
#ifdef NT_EMULATOR
#include "mma.h"
#endif

namespace {

// Four 8×8 matrices: lane 8·i + j gives the address of matrix i's row j (16 bytes), and register i gets its numbers
// [g][2·t …]: A's or B's registers where a row is one pixel (or channel) along the sum.
DEVICE void load_matrices(unsigned (&d)[4], const void* row) {
#ifdef NT_EMULATOR
    emu::ldmatrix_x4<false>(d, row);
#elif __CUDA_ARCH__ >= 750
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(d[0]), "=r"(d[1]), "=r"(d[2]), "=r"(d[3]) : "r"(shared_address(row)) : "memory");
#else
    __trap();
#endif
}

// The matrices' transposes: where the sum goes down the rows.
DEVICE void load_matrices_transposed(unsigned (&d)[4], const void* row) {
#ifdef NT_EMULATOR
    emu::ldmatrix_x4<true>(d, row);
#elif __CUDA_ARCH__ >= 750
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(d[0]), "=r"(d[1]), "=r"(d[2]), "=r"(d[3]) : "r"(shared_address(row)) : "memory");
#else
    __trap();
#endif
}

// D += A·B. sm_75 takes half of the sum at a time.
DEVICE void multiply(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2], half) {
#ifdef NT_EMULATOR
    emu::mma<half, 16>(d, a, b);
#elif __CUDA_ARCH__ >= 800
    asm("mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#elif __CUDA_ARCH__ >= 750
UNROLL
    for (int i = 0; i < 2; i++)
        asm("mma.sync.aligned.m16n8k8.row.col.f32.f16.f16.f32 {%0, %1, %2, %3}, {%4, %5}, {%6}, {%0, %1, %2, %3};"
            : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
            : "r"(a[2 * i]), "r"(a[2 * i + 1]), "r"(b[i]));
#else
    __trap();
#endif
}

DEVICE void multiply(float (&d)[4], const unsigned (&a)[4], const unsigned (&b)[2], bf16) {
#ifdef NT_EMULATOR
    emu::mma<bf16, 16>(d, a, b);
#elif __CUDA_ARCH__ >= 800
    asm("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, {%8, %9}, {%0, %1, %2, %3};"
        : "+f"(d[0]), "+f"(d[1]), "+f"(d[2]), "+f"(d[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b[0]), "r"(b[1]));
#else
    __trap();
#endif
}

}  // namespace
