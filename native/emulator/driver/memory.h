// The device's memory: parts of a wide range of addresses that are given out by cuMemAlloc, or reserved and then filled
// with memory piece by piece (virtual.cpp). Call with the driver locked.
#pragma once
#include <cstddef>
#include <cstdint>
#include <map>
#include <string>

namespace emu {

using Address = uintptr_t;

// Gives out parts of a range that the system keeps for it.
class AddressSpace {
public:
    explicit AddressSpace(size_t bytes, int protection);
    Address take(size_t bytes, size_t alignment);
    void give_back(Address start, size_t bytes);
    bool contains(Address a) const { return a - start_ < bytes_; }
    Address start() const { return start_; }
    size_t bytes() const { return bytes_; }

private:
    Address start_;
    size_t bytes_;
    std::map<Address, size_t> free_;
};

AddressSpace& addresses();           // of cuMemAlloc: can be read and written everywhere
AddressSpace& reserved_addresses();  // of cuMemAddressReserve: only where memory is mapped

Address allocate(size_t bytes);
void release(Address start);
void release_all_memory();

// Counts towards the device's size. Throws CUDA_ERROR_OUT_OF_MEMORY.
void use_memory(size_t bytes);
void unuse_memory(size_t bytes);
size_t memory_used();

// What may be used, for copies and for the checks of kernels' accesses.
void open_range(Address start, size_t bytes);
void close_range(Address start);
// Throws unless all of it is open; `what` is for the message.
void check_range(Address start, size_t bytes, const char* what);
// In words: where an address lies, or next to what.
std::string describe(Address a);

}  // namespace emu
