// Host memory that the device reaches by itself, at any time: only from there and to there do copies run beside the host.
#pragma once
#include <cstddef>

namespace emu {

bool is_pinned(const void* start, size_t bytes);
void unpin_all();

}  // namespace emu
