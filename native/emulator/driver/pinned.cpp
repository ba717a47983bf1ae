#include "pinned.h"
#include "result.h"
#include "stream.h"

#include <sys/mman.h>

#include <map>

namespace emu {

namespace {

struct Range {
    size_t bytes;
    bool owned;  // allocated here, not only registered
};
std::map<const char*, Range> ranges;

void unpin(void* start, bool owned, CUresult otherwise) {
    auto at = ranges.find(static_cast<char*>(start));
    require(at != ranges.end() && at->second.owned == owned, "not the start of such memory", otherwise);
    if (owned) munmap(start, at->second.bytes);
    ranges.erase(at);
}

}  // namespace

bool is_pinned(const void* start, size_t bytes) {
    const auto* p = static_cast<const char*>(start);
    auto next = ranges.upper_bound(p);
    if (next == ranges.begin()) return false;
    const auto& [first, range] = *std::prev(next);
    return p + bytes <= first + range.bytes;
}

void unpin_all() {
    for (auto& [start, range] : ranges)
        if (range.owned) munmap(const_cast<char*>(start), range.bytes);
    ranges.clear();
}

}  // namespace emu

using namespace emu;

EMU_API CUresult cuMemHostAlloc(void** memory, size_t bytes, unsigned) {
    return guarded(__func__, [&](Lock&) {
        require(bytes > 0, "an allocation of 0 bytes");
        void* p = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
        if (p == MAP_FAILED) throw std::bad_alloc();
        ranges[static_cast<char*>(p)] = {bytes, true};
        *memory = p;
    });
}

// What is on its way comes first, as everywhere where memory goes.
EMU_API CUresult cuMemFreeHost(void* memory) {
    return guarded(__func__, [&](Lock& lock) {
        work_until_idle(lock);
        unpin(memory, true, CUDA_ERROR_INVALID_VALUE);
    });
}

EMU_API CUresult cuMemHostRegister_v2(void* memory, size_t bytes, unsigned) {
    return guarded(__func__, [&](Lock&) {
        require(memory && bytes > 0, "no memory");
        const auto* start = static_cast<char*>(memory);
        auto next = ranges.lower_bound(start);
        const bool behind = next != ranges.end() && start + bytes > next->first;
        const bool before = next != ranges.begin() && std::prev(next)->first + std::prev(next)->second.bytes > start;
        require(!behind && !before, "a part of it is pinned already", CUDA_ERROR_HOST_MEMORY_ALREADY_REGISTERED);
        ranges[start] = {bytes, false};
    });
}

EMU_API CUresult cuMemHostUnregister(void* memory) {
    return guarded(__func__, [&](Lock& lock) {
        work_until_idle(lock);
        unpin(memory, false, CUDA_ERROR_HOST_MEMORY_NOT_REGISTERED);
    });
}
