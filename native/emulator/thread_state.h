// Where the running thread is, as threadIdx and its like have it.
#pragma once
#include "block.h"

namespace emu {

#ifdef NT_CHECKED
// Functions of the emulator's own, so that what they read is not taken for the kernel's accesses. To the thread that
// calls them they give the same each time.
__attribute__((const)) Dim3 thread_index();
__attribute__((const)) Dim3 block_index();
__attribute__((const)) Dim3 block_dim();
__attribute__((const)) Dim3 grid_dim();
__attribute__((const)) unsigned lane();
__attribute__((const)) unsigned char* dynamic_shared();
#else
inline Dim3 thread_index() { return thread->index; }
inline Dim3 block_index() { return block->index; }
inline Dim3 block_dim() { return block->dim; }
inline Dim3 grid_dim() { return block->grid; }
inline unsigned lane() { return thread->lane; }
inline unsigned char* dynamic_shared() { return block->dynamic_shared; }
#endif

}  // namespace emu
