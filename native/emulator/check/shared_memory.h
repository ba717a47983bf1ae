// Shared memory: its arrays' bounds, what is in them, and races between the threads of a block.
#pragma once
#include "check.h"

namespace emu::check {

void begin_block_shared(const Launch& launch);
void lanes_met_shared(unsigned warp, unsigned mask);
void threads_met_shared();

bool is_shared(Address a);
void shared_access(Address a, size_t bytes, Kind kind, const void* pc);
void copy_begins_shared(Address to, const void* pc);
void copy_lands_shared(Address to, const void* pc);

// Bytes of the arrays that a kernel declares.
size_t static_shared_bytes(const Kernel& kernel);

}  // namespace emu::check
