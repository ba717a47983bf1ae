// Memory apart from its addresses (CUDA's virtual memory management).
#pragma once

namespace emu {

void unmap_all();

}  // namespace emu
