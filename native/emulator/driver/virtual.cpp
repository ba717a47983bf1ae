// A handle's memory lies at addresses of its own until it is mapped; mapping moves its pages to the reserved ones.
#include "virtual.h"
#include "device.h"
#include "memory.h"
#include "result.h"
#include "stream.h"

#include <sys/mman.h>

namespace emu {

namespace {

constexpr size_t granularity = size_t{2} << 20;

struct Memory {
    size_t bytes;
    Address pages;  // where they lie now
    bool mapped;
    bool released;  // the handle is gone: so goes the memory once it is unmapped
};
std::map<unsigned long long, Memory> handles;
std::map<Address, unsigned long long> mapped;  // handles
unsigned long long last_handle;

void require_support() { require(attribute(virtual_memory_management), "the device has no virtual memory management", CUDA_ERROR_NOT_SUPPORTED); }

void* pointer(Address a) { return reinterpret_cast<void*>(a); }

void* map_pages(void* at, size_t bytes, int protection) {
    void* p = mmap(at, bytes, protection, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE | (at ? MAP_FIXED : 0), -1, 0);
    if (p == MAP_FAILED) throw std::bad_alloc();
    return p;
}

void drop(unsigned long long handle) {
    const Memory& memory = handles.at(handle);
    munmap(pointer(memory.pages), memory.bytes);
    unuse_memory(memory.bytes);
    handles.erase(handle);
}

void unmap(Address at) {
    const auto handle = mapped.at(at);
    Memory& memory = handles.at(handle);
    close_range(at);
    // The pages move away, and nothing is left at their addresses.
    void* elsewhere = map_pages(nullptr, memory.bytes, PROT_NONE);
    mremap(pointer(at), memory.bytes, memory.bytes, MREMAP_MAYMOVE | MREMAP_FIXED, elsewhere);
    map_pages(pointer(at), memory.bytes, PROT_NONE);
    memory.pages = reinterpret_cast<Address>(elsewhere);
    memory.mapped = false;
    mapped.erase(at);
    if (memory.released) drop(handle);
}

}  // namespace

void unmap_all() {
    while (!mapped.empty()) unmap(mapped.begin()->first);
    while (!handles.empty()) drop(handles.begin()->first);
}

}  // namespace emu

using namespace emu;

EMU_API CUresult cuMemGetAllocationGranularity(size_t* bytes, const void*, int) {
    return guarded(__func__, [&](Lock&) {
        require_support();
        *bytes = granularity;
    });
}

EMU_API CUresult cuMemAddressReserve(Address* start, size_t bytes, size_t alignment, Address, unsigned long long) {
    return guarded(__func__, [&](Lock&) {
        require_support();
        require(bytes > 0 && bytes % granularity == 0, "the size is no multiple of the granularity");
        *start = reserved_addresses().take(bytes, alignment > granularity ? alignment : granularity);
    });
}

EMU_API CUresult cuMemAddressFree(Address start, size_t bytes) {
    return guarded(__func__, [&](Lock&) {
        require(reserved_addresses().contains(start), "not a reserved address");
        auto at = mapped.lower_bound(start);
        require(at == mapped.end() || at->first >= start + bytes, "memory is mapped there");
        reserved_addresses().give_back(start, bytes);
    });
}

EMU_API CUresult cuMemCreate(unsigned long long* handle, size_t bytes, const void*, unsigned long long) {
    return guarded(__func__, [&](Lock&) {
        require_support();
        require(bytes > 0 && bytes % granularity == 0, "the size is no multiple of the granularity");
        use_memory(bytes);
        handles[++last_handle] = {bytes, reinterpret_cast<Address>(map_pages(nullptr, bytes, PROT_NONE)), false, false};
        *handle = last_handle;
    });
}

EMU_API CUresult cuMemRelease(unsigned long long handle) {
    return guarded(__func__, [&](Lock&) {
        auto at = handles.find(handle);
        require(at != handles.end() && !at->second.released, "not a handle of memory");
        at->second.released = true;
        if (!at->second.mapped) drop(handle);
    });
}

EMU_API CUresult cuMemMap(Address start, size_t bytes, size_t offset, unsigned long long handle, unsigned long long) {
    return guarded(__func__, [&](Lock&) {
        auto at = handles.find(handle);
        require(at != handles.end() && !at->second.released, "not a handle of memory");
        Memory& memory = at->second;
        require(!memory.mapped, "the emulator maps a handle at one place only", CUDA_ERROR_NOT_SUPPORTED);
        require(offset == 0 && bytes == memory.bytes, "the emulator maps the whole of a handle", CUDA_ERROR_NOT_SUPPORTED);
        require(reserved_addresses().contains(start) && reserved_addresses().contains(start + bytes - 1) && start % granularity == 0, "not a reserved range");
        auto next = mapped.lower_bound(start);
        require(next == mapped.end() || next->first >= start + bytes, "memory is mapped there already");
        mremap(pointer(memory.pages), bytes, bytes, MREMAP_MAYMOVE | MREMAP_FIXED, pointer(start));
        memory.pages = start;
        memory.mapped = true;
        mapped[start] = handle;
    });
}

EMU_API CUresult cuMemUnmap(Address start, size_t bytes) {
    return guarded(__func__, [&](Lock& lock) {
        work_until_idle(lock);
        require(mapped.contains(start), "nothing is mapped there");
        for (auto at = mapped.lower_bound(start); at != mapped.end() && at->first < start + bytes;) unmap((at++)->first);
    });
}

EMU_API CUresult cuMemSetAccess(Address start, size_t bytes, const void*, size_t) {
    return guarded(__func__, [&](Lock&) {
        require(mapped.contains(start), "nothing is mapped there");
        for (auto at = mapped.lower_bound(start); at != mapped.end() && at->first < start + bytes; ++at) {
            const size_t size = handles.at(at->second).bytes;
            mprotect(pointer(at->first), size, PROT_READ | PROT_WRITE);
            open_range(at->first, size);
        }
    });
}
