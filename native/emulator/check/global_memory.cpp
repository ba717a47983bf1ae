#include "global_memory.h"
#include "../driver/memory.h"
#include "fault.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <new>

namespace emu::check {

namespace {

// One table beside each of the two ranges of addresses, as large as they are and filled with zeros by the system where it
// is first touched.
template <class T, size_t granule>
class Table {
public:
    explicit Table(const AddressSpace& space) : start_(space.start()), bytes_(space.bytes() / granule * sizeof(T)) {
        void* memory = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (memory == MAP_FAILED) throw std::bad_alloc();
        entries_ = static_cast<T*>(memory);
    }
    T* at(Address a) { return entries_ + (a - start_) / granule; }
    void clear() { madvise(entries_, bytes_, MADV_DONTNEED); }
    void clear(Address start, size_t bytes) {
        constexpr Address page = 4096;
        const Address first = (reinterpret_cast<Address>(at(start)) + page - 1) & ~(page - 1), end = reinterpret_cast<Address>(at(start + bytes)) & ~(page - 1);
        if (first < end) madvise(reinterpret_cast<void*>(first), end - first, MADV_DONTNEED);
    }

private:
    Address start_;
    size_t bytes_;
    T* entries_;
};

// Of every 8 bytes, how many from the first on may be used.
using Open = Table<unsigned char, 8>;

// Of every 2 bytes, who used them in the running launch: its number, then the block (from 1) that wrote them and the one
// that read them.
struct Use {
    uint64_t launch : 16, writer : 24, reader : 24;
};
using Uses = Table<Use, 2>;
constexpr unsigned several = (1 << 24) - 1;  // readers

struct Space {
    AddressSpace& addresses;
    Open open{addresses};
    Uses uses{addresses};
};

Space& allocated() {
    static Space space{addresses()};
    return space;
}
Space& reserved() {
    static Space space{reserved_addresses()};
    return space;
}
Space& space_of(Address a) { return addresses().contains(a) ? allocated() : reserved(); }

unsigned launch_number;

bool is_open(Space& space, Address a, size_t bytes) {
    const unsigned char* open = space.open.at(a);
    for (Address at = a & ~Address{7}; at < a + bytes; at += 8, open++)
        if (std::min<Address>(a + bytes - at, 8) > *open) return false;
    return true;
}

// What two blocks of a launch do with the same bytes has no order, unless both do it atomically.
void check_blocks(Space& space, Address a, size_t bytes, Kind kind, const void* pc) {
    const size_t number = block->index.x + size_t{block->grid.x} * (block->index.y + size_t{block->grid.y} * block->index.z) + 1;
    if (kind == Kind::atomic || bytes < 2 || number >= several) return;
    const auto me = static_cast<unsigned>(number);
    for (Use *use = space.uses.at(a), *end = use + bytes / 2; use < end; use++) {
        if (use->launch != launch_number) *use = {launch_number, 0, 0};
        const unsigned other = use->writer && use->writer != me ? use->writer : kind == Kind::write && use->reader && use->reader != me ? use->reader : 0;
        if (other) {
            const char* did = use->writer && use->writer != me ? "wrote" : "read";
            fault(Fault::launch_failed, pc, std::string(kind == Kind::write ? "writes " : "reads ") + describe(a) + ", which " +
                (other == several ? "other blocks" : "block " + std::to_string(other - 1)) + " of the same launch " + did);
        }
        if (kind == Kind::write) use->writer = me;
        else use->reader = use->reader && use->reader != me ? several : me;
    }
}

}  // namespace

void open_global(Address start, size_t bytes) {
    unsigned char* open = space_of(start).open.at(start);
    std::memset(open, 8, bytes / 8);
    if (bytes % 8) open[bytes / 8] = bytes % 8;
}

void close_global(Address start, size_t bytes) {
    Space& space = space_of(start);
    std::memset(space.open.at(start), 0, (bytes + 7) / 8);
    space.uses.clear(start, bytes);
}

void begin_launch_global() {
    if (++launch_number < 1 << 16) return;
    launch_number = 1;
    allocated().uses.clear();
    reserved().uses.clear();
}

bool is_global(Address a) { return addresses().contains(a) || reserved_addresses().contains(a); }

void global_access(Address a, size_t bytes, Kind kind, const void* pc) {
    Space& space = space_of(a);
    if (!is_open(space, a, bytes))
        fault(Fault::illegal_address, pc, std::string(kind == Kind::read ? "reads " : "writes ") + std::to_string(bytes) + " bytes: " + describe(a));
    check_blocks(space, a, bytes, kind, pc);
}

}  // namespace emu::check
