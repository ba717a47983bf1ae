#define NT_CHECKED
#include "thread_state.h"

namespace emu {

Dim3 thread_index() { return thread->index; }
Dim3 block_index() { return block->index; }
Dim3 block_dim() { return block->dim; }
Dim3 grid_dim() { return block->grid; }
unsigned lane() { return thread->lane; }
unsigned char* dynamic_shared() { return block->dynamic_shared; }

}  // namespace emu
