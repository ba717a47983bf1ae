// Copies from global to shared memory that a thread has begun and not yet waited for (copy_async.h).
#pragma once
#include <vector>

namespace emu {

struct AsyncCopy {
    void* to;
    const void* from;  // null: zeros
    unsigned group;
};

struct AsyncCopies {
    std::vector<AsyncCopy> pending;
    unsigned groups = 0;  // committed so far
    void clear() { pending.clear(), groups = 0; }
};

AsyncCopies& async_copies();  // of the running thread

}  // namespace emu
