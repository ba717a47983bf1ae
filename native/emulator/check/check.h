// The checks of the checked build. Its kernels are compiled with -fsanitize=thread, which makes them call __tsan_read4 and
// its like before every access to memory; the functions are ours (tsan.cpp), not those of g++'s library. Blocks then run
// one after the other, and what happens in a block is seen in the order in which it happens.
#pragma once
#include "../block.h"

#include <cstdint>

namespace emu::check {

using Address = uintptr_t;

extern bool running;  // a block runs, and is checked

// What an access does.
enum class Kind { read, write, atomic };

// One access of the running thread, before it is made. Does not return if it is wrong.
void access(Address a, size_t bytes, Kind kind, const void* pc);
// The same for a vector: its address must be a multiple of its size.
void vector_access(Address a, size_t bytes, Kind kind, const void* pc);

// An asynchronous copy of 16 bytes to shared memory (from null: zeros), when it is begun and when it is made.
void copy_begins(void* to, const void* from, const void* pc);
void copy_lands(void* to, const void* pc);

// --- what the block tells
void begin_launch(const Launch& launch);
void begin_block(const Launch& launch);
void end_block();
void on_stack(const unsigned char* stack, size_t bytes);  // from now on
void lanes_met(unsigned warp, unsigned mask);
void threads_met();

// --- where a thread is: the calls that led to it
void enter(const void* caller);
void leave();

// " at silu.cu:21" of a thread that is at `pc` now; empty where the build keeps no lines.
std::string where(unsigned thread, const void* pc);

}  // namespace emu::check
