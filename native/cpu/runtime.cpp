// Threads, memory and error text of the CPU backend.
#include "nativetrain.h"
#include "status.h"

#include <omp.h>
#include <sys/mman.h>
#include <algorithm>
#include <atomic>
#include <cstdlib>
#include <cstring>
#include <new>
#include <stdexcept>

namespace nt {
std::string& last_error() {
    thread_local std::string message;
    return message;
}

static std::atomic<int> chosen_threads{0};  // 0: OpenMP's default

void adopt_thread_count() {
    thread_local int adopted = 0;
    const int chosen = chosen_threads.load(std::memory_order_relaxed);
    if (chosen == adopted) return;
    omp_set_num_threads(chosen);
    adopted = chosen;
}
}  // namespace nt

const char* nt_last_error(void) { return nt::last_error().c_str(); }

int nt_set_threads(int count) {
    return nt::guarded("nt_set_threads", [&] {
        if (count < 1) throw std::invalid_argument("the number of threads must be at least 1");
        nt::chosen_threads = count;
    });
}

int nt_get_threads(void) {
    nt::adopt_thread_count();
    return omp_get_max_threads();
}

int nt_alloc(int64_t bytes, void** out) {
    return nt::guarded("nt_alloc", [&] {
        constexpr int64_t huge = 2 << 20;
        const int64_t align = bytes >= huge ? huge : 64;
        const int64_t size = (std::max<int64_t>(bytes, 1) + align - 1) / align * align;
        void* p = std::aligned_alloc(align, size);
        if (!p) throw std::bad_alloc();
        if (bytes >= huge) madvise(p, size, MADV_HUGEPAGE);  // fewer TLB misses on large maps
        *out = p;
    });
}

int nt_free(void* p) {
    std::free(p);
    return 0;
}

int nt_zero(void* p, int64_t bytes) {
    return nt::guarded("nt_zero", [&] {
        constexpr int64_t chunk = 1 << 20;
        const int64_t chunks = (bytes + chunk - 1) / chunk;
#pragma omp parallel for schedule(static) if (chunks > 1)
        for (int64_t i = 0; i < chunks; i++)
            std::memset(static_cast<char*>(p) + i * chunk, 0, std::min(chunk, bytes - i * chunk));
    });
}

int nt_fill(float* p, int64_t n, float value) {
    return nt::guarded("nt_fill", [&] {
#pragma omp parallel for schedule(static) if (n > 1 << 16)
        for (int64_t i = 0; i < n; i++) p[i] = value;
    });
}
