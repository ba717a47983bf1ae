#include "shared_memory.h"
#include "fault.h"
#include "happens_before.h"
#include "kernel_image.h"

#include <cxxabi.h>

#include <algorithm>
#include <cstdlib>
#include <new>

extern "C" void* __tls_get_addr(size_t* module_and_offset);

namespace emu::check {

namespace {

using Stamp = HappensBefore::Stamp;
constexpr unsigned nobody = 0xfff;

// Of every 2 bytes: who used them in the running block. Of the threads that read them two are kept, of different warps
// if there are such: a write by any thread then meets one that is not itself.
struct Cell {
    unsigned block;  // that this is about
    bool arriving;   // an asynchronous copy that nobody has waited for yet will write here
    bool atomic;     // the last write was
    Stamp writer, readers[2];
    const void* written_at;
    const void* read_at[2];
};

// A range of shared memory: the arrays that kernels declare (thread-local variables of their library), or the block's
// dynamic one.
struct Region {
    Address start = 0;
    size_t bytes = 0;
    Cell* cells = nullptr;
    bool contains(Address a) const { return a - start < bytes; }
    Cell* at(Address a) { return &cells[(a - start) / 2]; }
    // Zeros that take no memory until they are used.
    void make_room(size_t n) {
        if (n <= bytes) return;
        std::free(cells);
        cells = static_cast<Cell*>(std::calloc(n / 2 + 1, sizeof(Cell)));
        if (!cells) throw std::bad_alloc();
        bytes = n;
    }
};

Region arrays, dynamic;
size_t dynamic_bytes;
constexpr size_t guard = 1024;  // beyond the dynamic memory's end that is still taken for an attempt at it
HappensBefore order;
unsigned block_number;

const KernelImage* image;

std::string readable(const std::string& mangled) {
    int status;
    char* text = abi::__cxa_demangle(mangled.c_str(), nullptr, nullptr, &status);
    std::string name = status == 0 ? text : mangled;
    std::free(text);
    return name.substr(name.rfind("::") == std::string::npos ? 0 : name.rfind("::") + 2);
}

// The array that begins last before the address.
const Symbol* array_at(Address a) {
    const auto& all = image->shared;
    auto next = std::ranges::upper_bound(all, a - arrays.start, {}, &Symbol::start);
    return next == all.begin() ? nullptr : &*std::prev(next);
}

std::string describe_shared(Address a) {
    if (dynamic.contains(a)) {
        const size_t at = a - dynamic.start;
        return at < dynamic_bytes ? "byte " + std::to_string(at) + " of the dynamic shared memory" : std::to_string(at - dynamic_bytes) + " bytes behind the end of the dynamic shared memory (" + std::to_string(dynamic_bytes) + " bytes)";
    }
    const Symbol* array = array_at(a);
    if (!array) return "shared memory that no array has";
    const size_t at = a - arrays.start - array->start;
    const std::string name = "the shared array " + readable(array->name);
    return at < array->bytes ? "byte " + std::to_string(at) + " of " + name : std::to_string(at - array->bytes) + " bytes behind the end of " + name + " (" + std::to_string(array->bytes) + " bytes)";
}

bool in_bounds(Address a, size_t bytes) {
    if (dynamic.contains(a)) return a + bytes <= dynamic.start + dynamic_bytes;
    const Symbol* array = array_at(a);
    return array && a - arrays.start + bytes <= array->start + array->bytes;
}

[[noreturn]] void race(Address a, Kind kind, Stamp other, const char* did, const void* there, const void* pc) {
    fault(Fault::launch_failed, pc, std::string("a race: ") + (kind == Kind::read ? "reads " : "writes ") + describe_shared(a) + ", which thread " + std::to_string(other.thread) + " " + did + where(other.thread, there) + " with no barrier between");
}

bool conflicts(Stamp other, unsigned me) { return other.thread != nobody && !order.is_past(other, me); }

void remember_reader(Cell& cell, Stamp now, const void* pc) {
    const bool other_warp = cell.readers[0].thread != nobody && cell.readers[0].thread / 32 != now.thread / 32;
    if (other_warp || cell.readers[1].thread == nobody || order.is_past(cell.readers[1], now.thread)) {
        cell.readers[1] = cell.readers[0];
        cell.read_at[1] = cell.read_at[0];
    }
    cell.readers[0] = now;
    cell.read_at[0] = pc;
}

// A part of a cell is not enough to tell a race.
void use(Cell& cell, Address a, Kind kind, bool part, const void* pc) {
    if (cell.block != block_number) cell = {block_number, false, false, {0, nobody, 0}, {{0, nobody, 0}, {0, nobody, 0}}, nullptr, {}};
    const unsigned me = thread->number;
    const Stamp now = order.now(me);
    if (cell.arriving)
        fault(Fault::launch_failed, pc, (kind == Kind::read ? "reads " : "writes ") + describe_shared(a) + ", where an asynchronous copy arrives that thread " + std::to_string(cell.writer.thread) + " began" + where(cell.writer.thread, cell.written_at) + " and has not waited for");
    if (kind != Kind::write && cell.writer.thread == nobody) fault(Fault::launch_failed, pc, "reads " + describe_shared(a) + ", which no thread of the block has written");
    if (!part && conflicts(cell.writer, me) && !(kind == Kind::atomic && cell.atomic)) race(a, kind, cell.writer, "wrote", cell.written_at, pc);
    if (kind == Kind::read) return remember_reader(cell, now, pc);
    for (int i = 0; i < 2; i++)
        if (!part && conflicts(cell.readers[i], me)) race(a, kind, cell.readers[i], "read", cell.read_at[i], pc);
    cell.writer = now;
    cell.written_at = pc;
    cell.atomic = kind == Kind::atomic;
}

void check_bounds(Address a, size_t bytes, Kind kind, const void* pc) {
    if (!in_bounds(a, bytes)) fault(Fault::illegal_address, pc, std::string(kind == Kind::read ? "reads " : "writes ") + std::to_string(bytes) + " bytes: " + describe_shared(a));
}

Region& region_of(Address a) { return dynamic.contains(a) ? dynamic : arrays; }

}  // namespace

void begin_block_shared(const Launch& launch) {
    if (!image) {
        image = &image_of(launch.kernel->kernel);
        arrays.make_room(image->tls_bytes);
    }
    if (image->tls_bytes) {
        size_t place[] = {image->tls_module, 0};
        arrays.start = reinterpret_cast<Address>(__tls_get_addr(place));
    }
    dynamic.start = reinterpret_cast<Address>(block->dynamic_shared);
    dynamic_bytes = launch.dynamic_shared;
    dynamic.make_room(dynamic_bytes + guard);
    order.begin_block((launch.dim.x * launch.dim.y * launch.dim.z + 31) / 32);
    block_number++;
}

void lanes_met_shared(unsigned warp, unsigned mask) { order.lanes_met(warp, mask); }
void threads_met_shared() { order.threads_met(); }

bool is_shared(Address a) { return dynamic.contains(a) || arrays.contains(a); }

void shared_access(Address a, size_t bytes, Kind kind, const void* pc) {
    check_bounds(a, bytes, kind, pc);
    Region& region = region_of(a);
    for (Address at = a & ~Address{1}; at < a + bytes; at += 2) use(*region.at(at), at, kind, bytes == 1, pc);
}

void copy_begins_shared(Address to, const void* pc) {
    shared_access(to, 16, Kind::write, pc);
    for (int i = 0; i < 8; i++) region_of(to).at(to)[i].arriving = true;
}

void copy_lands_shared(Address to, const void* pc) {
    for (int i = 0; i < 8; i++) region_of(to).at(to)[i].arriving = false;
    shared_access(to, 16, Kind::write, pc);
}

// A variable `tile` of the function _Z4gemmPf is named _ZZ4gemmPfE4tile.
size_t static_shared_bytes(const Kernel& kernel) {
    const KernelImage& own = image_of(kernel.kernel);
    size_t bytes = 0;
    for (const Symbol& function : own.functions) {
        if (function.start != reinterpret_cast<Address>(kernel.kernel)) continue;
        const std::string prefix = "_ZZ" + function.name.substr(2) + "E";
        for (const Symbol& array : own.shared)
            if (array.name.starts_with(prefix)) bytes += array.bytes;
        break;
    }
    return bytes;
}

}  // namespace emu::check
