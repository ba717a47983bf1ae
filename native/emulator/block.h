// A block of threads on one core: each thread is a fiber, switched where it waits for others.
#pragma once
#include "kernel.h"

#include <stdexcept>
#include <string>

namespace emu {

// What a running thread knows of itself.
struct Thread {
    Dim3 index;
    unsigned number;  // within the block, x fastest
    unsigned lane;    // number % 32
};

// What the threads of the running block share.
struct Block {
    Dim3 index, dim, grid;
    unsigned char* dynamic_shared;
};

extern thread_local Thread* thread __attribute__((tls_model("initial-exec")));
extern thread_local Block* block __attribute__((tls_model("initial-exec")));

// --- what a kernel calls
void sync_threads();

// A warp's lanes in `mask` meet here. Each gives `count` words (at most 8); the last to come calls `combine`, which finds
// them in a row for each lane and leaves there what the lane is to get. Returns the caller's row.
using Row = unsigned[8];
using Combine = void (*)(Row* rows, unsigned mask);
// `pc` is where the kernel is, for messages.
unsigned* exchange(unsigned mask, const unsigned* words, int count, Combine combine, const void* pc);

// --- running
struct Launch {
    const Kernel* kernel;
    Dim3 grid, dim;
    unsigned dynamic_shared;  // bytes
    void** arguments;
    unsigned long long seed;  // of the order in which threads run
};

// How a kernel can end before its time, by the driver's results.
enum class Fault { illegal_address = 700, misaligned = 716, launch_failed = 719 };
struct KernelFault : std::runtime_error {
    Fault kind;
    KernelFault(Fault k, const std::string& message) : std::runtime_error(message), kind(k) {}
};

// One block, on the calling operating-system thread. Throws KernelFault.
void run_block(const Launch& launch, Dim3 index);

// Ends the running block; the thread that calls this, at `pc`, does not go on.
[[noreturn]] void fail(Fault kind, const std::string& message, const void* pc);

}  // namespace emu
