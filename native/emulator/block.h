// A block of threads on one core: each thread is a fiber, switched where it waits for others.
#pragma once
#include <cstddef>
#include <functional>
#include <string>
#include <vector>

namespace emu {

struct Dim3 {
    unsigned x, y, z;
};

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

// A warp's lanes in `mask` meet here: each gives `count` words (at most 8) and sees all lanes' words, until it next
// calls exchange.
using Exchanged = const unsigned (*)[8];
Exchanged exchange(unsigned mask, const unsigned* words, int count);

// A load or store of several numbers at once, to be aligned to its width.
void vector_access(const void* address, size_t bytes, bool write);

// --- kernels by name
struct Kernel {
    std::function<void(void** arguments)> run;  // one thread
    std::vector<size_t> argument_bytes;
};
void add_kernel(const char* name, const char* file, Kernel kernel);
const Kernel* find_kernel(const std::string& name);  // null: there is none

// --- running
struct Launch {
    const Kernel* kernel;
    Dim3 grid, dim;
    unsigned dynamic_shared;  // bytes
    void** arguments;
    unsigned long long seed;  // of the order in which threads run
};

// One block, on the calling operating-system thread. Throws std::runtime_error with what the kernel did wrong.
void run_block(const Launch& launch, Dim3 index);

}  // namespace emu
