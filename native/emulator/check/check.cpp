#include "check.h"
#include "../driver/settings.h"
#include "counters.h"
#include "fault.h"
#include "global_memory.h"
#include "kernel_image.h"
#include "shared_memory.h"
#include "source_lines.h"

#include <algorithm>
#include <cstdio>

namespace emu::check {

bool running;

namespace {

// The calls that a thread is in, as addresses they return to.
struct Calls {
    unsigned depth;
    const void* callers[32];  // the outermost; deeper ones are not kept
};
std::vector<Calls> calls;
const unsigned char* stack;  // the running thread's
size_t stack_bytes;

const KernelImage* image;

const char* verb(Kind kind) { return kind == Kind::read ? "reads " : "writes "; }

}  // namespace

void access(Address a, size_t bytes, Kind kind, const void* pc) {
    const bool global = is_global(a);
    if (!global && a - reinterpret_cast<Address>(stack) < stack_bytes) return;
    if (global || is_shared(a)) {
        global ? global_access(a, bytes, kind, pc) : shared_access(a, bytes, kind, pc);
        if (counting) count(a, bytes, !global, pc);
        return;
    }
    if (kind == Kind::read && image->contains(a)) return;
    char text[64];
    std::snprintf(text, sizeof text, "%zu bytes at %#zx, which is not the device's memory", bytes, a);
    fault(Fault::illegal_address, pc, verb(kind) + std::string(text));
}

void vector_access(Address a, size_t bytes, Kind kind, const void* pc) {
    if (a % bytes)
        fault(Fault::misaligned, pc, verb(kind) + std::to_string(bytes) + " bytes at once, " + std::to_string(a % bytes) + " bytes past a multiple of that");
    access(a, bytes, kind, pc);
}

void copy_begins(void* to, const void* from, const void* pc) {
    if (from) vector_access(reinterpret_cast<Address>(from), 16, Kind::read, pc);
    const auto a = reinterpret_cast<Address>(to);
    if (!is_shared(a)) fault(Fault::illegal_address, pc, "copies asynchronously to what is not shared memory");
    if (a % 16) vector_access(a, 16, Kind::write, pc);
    copy_begins_shared(a, pc);
}

void copy_lands(void* to, const void* pc) { copy_lands_shared(reinterpret_cast<Address>(to), pc); }

void begin_launch(const Launch& launch) {
    begin_launch_global();
    if (counting) begin_launch_counters(launch);
}

void begin_block(const Launch& launch) {
    image = &image_of(launch.kernel->kernel);
    begin_block_shared(launch);
    calls.resize(std::max<size_t>(calls.size(), launch.dim.x * launch.dim.y * launch.dim.z));
    for (Calls& of_thread : calls) of_thread.depth = 0;
    if (counting) begin_block_counters(launch);
    running = true;
}

void end_block() {
    running = false;
    if (counting) end_block_counters();
}

void on_stack(const unsigned char* own, size_t bytes) {
    stack = own;
    stack_bytes = bytes;
}

void lanes_met(unsigned warp, unsigned mask) { lanes_met_shared(warp, mask); }
void threads_met() { threads_met_shared(); }

void enter(const void* caller) {
    Calls& mine = calls[thread->number];
    if (mine.depth < 32) mine.callers[mine.depth] = caller;
    mine.depth++;
}

void leave() { calls[thread->number].depth--; }

std::string where(unsigned number, const void* pc) {
    if (!running) return "";
    std::string line = source_line(pc);
    const Calls& its = calls[number];
    for (unsigned i = std::min(its.depth, 32u); line.empty() && i-- > 0;) line = source_line(its.callers[i]);
    return line.empty() ? "" : " at " + line;
}

void fault(Fault kind, const void* pc, const std::string& message) { fail(kind, message, pc); }

}  // namespace emu::check
