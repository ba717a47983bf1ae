#include "memory.h"
#include "../check/global_memory.h"
#include "result.h"
#include "settings.h"

#include <sys/mman.h>

#include <cstring>
#include <deque>

namespace emu {

namespace {

constexpr size_t alignment = 512;  // of cuMemAlloc's addresses
constexpr size_t guard = 512;      // between two allocations: nobody's

struct Range {
    size_t bytes;
    unsigned long long number;  // counted from 1, in the order of allocation
};
std::map<Address, Range> open_ranges;
unsigned long long opened;
size_t used;

// Freed ranges whose addresses wait before they are given out again, so that whoever still uses them is found out.
constexpr size_t quarantine_bytes = size_t{256} << 20;
std::map<Address, Range> freed;
std::deque<Address> quarantine;
size_t quarantined;

size_t whole(size_t bytes) { return (bytes + alignment - 1) / alignment * alignment + guard; }

// The system takes the pages back at once.
void drop_pages(Address start, size_t bytes) {
    constexpr size_t page = 4096;
    const Address first = (start + page - 1) / page * page, end = (start + bytes) / page * page;
    if (first < end) madvise(reinterpret_cast<void*>(first), end - first, MADV_DONTNEED);
}

void give_back(Address start, size_t bytes) { addresses().give_back(start, whole(bytes)); }

}  // namespace

AddressSpace::AddressSpace(size_t bytes, int protection) : bytes_(bytes) {
    void* memory = mmap(nullptr, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) throw Failure{CUDA_ERROR_OUT_OF_MEMORY, "the system keeps no addresses for the device"};
    start_ = reinterpret_cast<Address>(memory);
    free_[start_] = bytes;
}

// The first place that is large enough.
Address AddressSpace::take(size_t bytes, size_t align) {
    for (auto [start, size] : free_) {
        const Address at = (start + align - 1) / align * align;
        if (at + bytes > start + size) continue;
        free_.erase(start);
        if (at > start) free_[start] = at - start;
        if (at + bytes < start + size) free_[at + bytes] = start + size - at - bytes;
        return at;
    }
    throw Failure{CUDA_ERROR_OUT_OF_MEMORY, "no range of addresses is as large as " + std::to_string(bytes) + " bytes"};
}

void AddressSpace::give_back(Address start, size_t bytes) {
    auto next = free_.lower_bound(start);
    if (next != free_.end() && start + bytes == next->first) {
        bytes += next->second;
        next = free_.erase(next);
    }
    if (next != free_.begin()) {
        auto previous = std::prev(next);
        if (previous->first + previous->second == start) {
            previous->second += bytes;
            return;
        }
    }
    free_[start] = bytes;
}

AddressSpace& addresses() {
    static AddressSpace space(size_t{1} << 38, PROT_READ | PROT_WRITE);
    return space;
}

AddressSpace& reserved_addresses() {
    static AddressSpace space(size_t{1} << 40, PROT_NONE);
    return space;
}

void use_memory(size_t bytes) {
    const size_t all = settings().memory;
    if (bytes > all - used)
        throw Failure{CUDA_ERROR_OUT_OF_MEMORY, std::to_string(bytes) + " bytes asked for, " + std::to_string(all - used) + " of " + std::to_string(all) + " are free (NATIVETRAIN_EMULATOR_MEMORY)"};
    used += bytes;
}
void unuse_memory(size_t bytes) { used -= bytes; }
size_t memory_used() { return used; }

void open_range(Address start, size_t bytes) {
    open_ranges[start] = {bytes, ++opened};
    if (settings().checked) check::open_global(start, bytes);
}

void close_range(Address start) {
    const auto range = open_ranges.extract(start);
    if (range && settings().checked) check::close_global(start, range.mapped().bytes);
}

Address allocate(size_t bytes) {
    require(bytes > 0, "an allocation of 0 bytes");
    use_memory(bytes);
    const Address start = addresses().take(whole(bytes), alignment);
    open_range(start, bytes);
    // Not a number, in every type: what is computed from memory that nobody has written shows.
    if (settings().checked) std::memset(reinterpret_cast<void*>(start), 0xff, bytes);
    return start;
}

void release(Address start) {
    auto at = open_ranges.find(start);
    if (at == open_ranges.end() || !addresses().contains(start))
        throw Failure{CUDA_ERROR_INVALID_VALUE, (freed.contains(start) ? "freed already: " : "not the start of an allocation: ") + describe(start)};
    const Range range = at->second;
    close_range(start);
    unuse_memory(range.bytes);
    drop_pages(start, range.bytes);
    if (!settings().checked) return give_back(start, range.bytes);
    freed[start] = range;
    quarantine.push_back(start);
    quarantined += range.bytes;
    while (quarantined > quarantine_bytes) {
        const auto oldest = freed.extract(quarantine.front());
        quarantine.pop_front();
        quarantined -= oldest.mapped().bytes;
        give_back(oldest.key(), oldest.mapped().bytes);
    }
}

void release_all_memory() {
    for (auto at = open_ranges.lower_bound(addresses().start()); at != open_ranges.end() && addresses().contains(at->first);) release((at++)->first);
}

void check_range(Address start, size_t bytes, const char* what) {
    Address at = start;
    while (at < start + bytes) {  // neighbouring pieces of mapped memory are as good as one
        auto next = open_ranges.upper_bound(at);
        if (next == open_ranges.begin()) break;
        auto [first, range] = *std::prev(next);
        if (at >= first + range.bytes) break;
        at = first + range.bytes;
    }
    if (at < start + bytes) throw Failure{CUDA_ERROR_INVALID_VALUE, std::string(what) + " of " + std::to_string(bytes) + " bytes: " + describe(at)};
}

std::string describe(Address a) {
    auto before = [a](std::map<Address, Range>& ranges) {
        auto next = ranges.upper_bound(a);
        return next == ranges.begin() ? ranges.end() : std::prev(next);
    };
    auto name = [](const Range& range) { return "allocation " + std::to_string(range.number) + " (" + std::to_string(range.bytes) + " bytes)"; };
    if (auto at = before(freed); at != freed.end() && a < at->first + at->second.bytes) return "byte " + std::to_string(a - at->first) + " of freed " + name(at->second);
    if (auto at = before(open_ranges); at != open_ranges.end() && a - at->first < at->second.bytes + 65536) {
        const size_t offset = a - at->first, bytes = at->second.bytes;
        return offset < bytes ? "byte " + std::to_string(offset) + " of " + name(at->second) : std::to_string(offset - bytes) + " bytes behind the end of " + name(at->second);
    }
    if (auto at = open_ranges.upper_bound(a); at != open_ranges.end() && at->first - a < 65536) return std::to_string(at->first - a) + " bytes before " + name(at->second);
    char text[64];
    std::snprintf(text, sizeof text, "%#zx is not the device's memory", a);
    return text;
}

}  // namespace emu
