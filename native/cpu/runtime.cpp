// Threads, memory and error text of the CPU backend.
#include "nativetrain.h"
#include "parallel.h"
#include "status.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <new>
#include <stdexcept>
#include <string>

namespace nt {
std::string& last_error() {
    thread_local std::string message;
    return message;
}
}  // namespace nt

const char* nt_last_error(void) { return nt::last_error().c_str(); }

int nt_set_threads(int count) {
    return nt::guarded("nt_set_threads", [&] {
        if (count < 1) throw std::invalid_argument("the number of threads must be at least 1");
        nt::set_thread_count(count);
    });
}

int nt_get_threads(void) { return nt::thread_count(); }

namespace {
constexpr int64_t huge_page = 2 << 20;

void require_memory(bool given) {
    if (!given) throw std::bad_alloc();
}
}  // namespace

// Of a range one page too long, the part that begins at a huge page is used. Nothing is behind it yet, so nothing of
// it counts as memory, even where the system promises no more than it has.
int nt_reserve(int64_t bytes, void** out) {
    return nt::guarded("nt_reserve", [&] {
        const size_t size = bytes + huge_page;
        void* p = mmap(nullptr, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        require_memory(p != MAP_FAILED);
        const uintptr_t first = reinterpret_cast<uintptr_t>(p), aligned = (first + huge_page - 1) / huge_page * huge_page;
        if (aligned > first) munmap(p, aligned - first);
        munmap(reinterpret_cast<void*>(aligned + bytes), first + size - aligned - bytes);
        *out = reinterpret_cast<void*>(aligned);
        madvise(*out, bytes, MADV_HUGEPAGE);  // fewer TLB misses on large maps
    });
}

int nt_commit(void* p, int64_t bytes) {
    return nt::guarded("nt_commit", [&] { require_memory(mprotect(p, bytes, PROT_READ | PROT_WRITE) == 0); });
}

int nt_release(void* p, int64_t bytes) {
    return nt::guarded("nt_release", [&] {
        require_memory(madvise(p, bytes, MADV_DONTNEED) == 0);
        require_memory(mprotect(p, bytes, PROT_NONE) == 0);
    });
}

int nt_unreserve(void* p, int64_t bytes) {
    return nt::guarded("nt_unreserve", [&] { require_memory(munmap(p, bytes) == 0); });
}

int nt_zero(void* p, int64_t bytes) {
    return nt::guarded("nt_zero", [&] {
        constexpr int64_t chunk = 1 << 20;
        const int64_t chunks = (bytes + chunk - 1) / chunk;
        nt::parallel_for(chunks, [&](int64_t i) { std::memset(static_cast<char*>(p) + i * chunk, 0, std::min(chunk, bytes - i * chunk)); });
    });
}

int nt_fill(float* p, int64_t n, float value) {
    return nt::guarded("nt_fill", [&] {
        nt::parallel_lines(n, 1, {}, [&](int64_t first, int64_t count) { std::fill_n(p + first, count, value); });
    });
}
