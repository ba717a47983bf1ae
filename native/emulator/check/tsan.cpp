// The functions that -fsanitize=thread makes g++ call (gcc/sanitizer.def). Without its library these are all there is.
#include "check.h"
#include "vectors.h"

#include <cstring>

using namespace emu::check;

#define HOOK extern "C" __attribute__((visibility("default")))
#define HERE __builtin_return_address(0)

namespace {

inline void report(const void* a, size_t bytes, Kind kind, const void* pc) {
    if (running) access(reinterpret_cast<Address>(a), bytes, kind, pc);
}

// Of a type that lies at multiples of its size.
inline void report_aligned(const void* a, size_t bytes, Kind kind, const void* pc) {
    if (running) vector_access(reinterpret_cast<Address>(a), bytes, kind, pc);
}

}  // namespace

HOOK void __tsan_init() {}
HOOK void __tsan_func_entry(const void* caller) {
    if (running) enter(caller);
}
HOOK void __tsan_func_exit() {
    if (running) leave();
}
HOOK void __tsan_vptr_update(void**, void*) {}

#define ACCESSES(n) \
    HOOK void __tsan_read##n(const void* a) { report_aligned(a, n, Kind::read, HERE); } \
    HOOK void __tsan_write##n(void* a) { report_aligned(a, n, Kind::write, HERE); } \
    HOOK void __tsan_unaligned_read##n(const void* a) { report(a, n, Kind::read, HERE); } \
    HOOK void __tsan_unaligned_write##n(void* a) { report(a, n, Kind::write, HERE); }
ACCESSES(1)
ACCESSES(2)
ACCESSES(4)
ACCESSES(8)
ACCESSES(16)
HOOK void __tsan_read_range(const void* a, size_t bytes) { report(a, bytes, Kind::read, HERE); }
HOOK void __tsan_write_range(void* a, size_t bytes) { report(a, bytes, Kind::write, HERE); }

// Atomics become calls altogether: what they do is done here.
#define ATOMICS(bits, T) \
    HOOK T __tsan_atomic##bits##_load(const T* a, int) { report_aligned(a, sizeof(T), Kind::atomic, HERE); return __atomic_load_n(a, __ATOMIC_RELAXED); } \
    HOOK void __tsan_atomic##bits##_store(T* a, T x, int) { report_aligned(a, sizeof(T), Kind::atomic, HERE); __atomic_store_n(a, x, __ATOMIC_RELAXED); } \
    HOOK T __tsan_atomic##bits##_exchange(T* a, T x, int) { report_aligned(a, sizeof(T), Kind::atomic, HERE); return __atomic_exchange_n(a, x, __ATOMIC_RELAXED); } \
    HOOK T __tsan_atomic##bits##_fetch_add(T* a, T x, int) { report_aligned(a, sizeof(T), Kind::atomic, HERE); return __atomic_fetch_add(a, x, __ATOMIC_RELAXED); } \
    HOOK T __tsan_atomic##bits##_fetch_sub(T* a, T x, int) { report_aligned(a, sizeof(T), Kind::atomic, HERE); return __atomic_fetch_sub(a, x, __ATOMIC_RELAXED); } \
    HOOK T __tsan_atomic##bits##_fetch_and(T* a, T x, int) { report_aligned(a, sizeof(T), Kind::atomic, HERE); return __atomic_fetch_and(a, x, __ATOMIC_RELAXED); } \
    HOOK T __tsan_atomic##bits##_fetch_or(T* a, T x, int) { report_aligned(a, sizeof(T), Kind::atomic, HERE); return __atomic_fetch_or(a, x, __ATOMIC_RELAXED); } \
    HOOK T __tsan_atomic##bits##_fetch_xor(T* a, T x, int) { report_aligned(a, sizeof(T), Kind::atomic, HERE); return __atomic_fetch_xor(a, x, __ATOMIC_RELAXED); } \
    HOOK int __tsan_atomic##bits##_compare_exchange_strong(T* a, T* expected, T x, int, int) { \
        report_aligned(a, sizeof(T), Kind::atomic, HERE); \
        return __atomic_compare_exchange_n(a, expected, x, false, __ATOMIC_RELAXED, __ATOMIC_RELAXED); \
    } \
    HOOK int __tsan_atomic##bits##_compare_exchange_weak(T* a, T* expected, T x, int, int) { \
        report_aligned(a, sizeof(T), Kind::atomic, HERE); \
        return __atomic_compare_exchange_n(a, expected, x, true, __ATOMIC_RELAXED, __ATOMIC_RELAXED); \
    }
ATOMICS(32, unsigned)
ATOMICS(64, unsigned long long)

namespace emu::check {

void read_vector(void* to, const void* from, size_t bytes) {
    report_aligned(from, bytes, Kind::read, HERE);
    std::memcpy(to, from, bytes);
}

void write_vector(void* to, const void* from, size_t bytes) {
    report_aligned(to, bytes, Kind::write, HERE);
    std::memcpy(to, from, bytes);
}

}  // namespace emu::check
