// Copies of 16 bytes from global to shared memory that go on while the thread computes (cp.async of sm_80 and later,
// past registers and the L1 cache). What a thread has started since its last commit is a group; waiting leaves the latest
// groups under way. Before sm_80 the copy is a load and a store, and there is nothing to wait for.
#pragma once
#include "common.cuh"
#ifdef NT_EMULATOR
#include "copy_async.h"
#endif

namespace {

#if defined(NT_EMULATOR) || __CUDA_ARCH__ >= 800
constexpr bool copies_are_async = true;
#else
constexpr bool copies_are_async = false;
#endif

// Where `p` lies within shared memory, as PTX instructions want it.
#ifndef NT_EMULATOR
DEVICE unsigned shared_address(const void* p) {
    return static_cast<unsigned>(__cvta_generic_to_shared(p));
}
#endif

// Zeros where not `valid`; `from` is then not read.
DEVICE void copy_async16(void* to, const void* from, bool valid) {
#ifdef NT_EMULATOR
    emu::copy_async16(to, from, valid);
#elif __CUDA_ARCH__ >= 800
    const int bytes = valid ? 16 : 0;  // the rest of the 16 is filled with zeros
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16, %2;" ::"r"(shared_address(to)), "l"(from), "r"(bytes) : "memory");
#else
    Pack<unsigned, 4> pack = {};
    if (valid) pack = load_pack<4>(static_cast<const unsigned*>(from));
    store_pack(static_cast<unsigned*>(to), pack);
#endif
}

DEVICE void copy_async_commit() {
#ifdef NT_EMULATOR
    emu::copy_async_commit();
#elif __CUDA_ARCH__ >= 800
    asm volatile("cp.async.commit_group;" ::: "memory");
#endif
}

template <int pending>
DEVICE void copy_async_wait() {
#ifdef NT_EMULATOR
    emu::copy_async_wait(pending);
#elif __CUDA_ARCH__ >= 800
    asm volatile("cp.async.wait_group %0;" ::"n"(pending) : "memory");
#endif
}

// A sum in steps, whose operands are copied to shared memory `stages - 1` steps ahead. copy(step) begins the copies of a
// step, to place step % stages; multiply(step) works with what is there. Every thread of the block calls it.
template <int stages, class Copy, class Multiply>
DEVICE void pipeline(int steps, Copy&& copy, Multiply&& multiply) {
    const auto begin = [&](int step) {
        if (step < steps) copy(step);
        copy_async_commit();
    };
    for (int step = 0; step < stages - 1; step++) begin(step);
    for (int step = 0; step < steps; step++) {
        copy_async_wait<stages - 2>();
        __syncthreads();  // this step's operands are there, and all have used those that the next copy overwrites
        begin(step + stages - 1);
        multiply(step);
    }
}

}  // namespace
