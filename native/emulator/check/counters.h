// How well a kernel's accesses use memory: sectors a request in global memory, bank conflicts in shared memory.
#pragma once
#include "check.h"

namespace emu::check {

extern bool counting;

void begin_launch_counters(const Launch& launch);
void begin_block_counters(const Launch& launch);
void end_block_counters();
void count(Address a, size_t bytes, bool shared, const void* pc);

}  // namespace emu::check
