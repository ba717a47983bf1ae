// A thread runs for a while on its own, so a warp's request is put together afterwards: the n-th time that its lanes pass
// the same instruction.
#include "counters.h"
#include "../driver/result.h"
#include "../emulator.h"

#include <algorithm>
#include <bit>
#include <map>
#include <unordered_map>

namespace emu::check {

bool counting;

namespace {

struct Request {
    unsigned lanes;  // that have come, a bit each
    unsigned bytes;  // of each
    bool shared;
    Address addresses[32];
};

using Counters = emu_counters;
std::map<std::string, Counters> all;
Counters* current;

std::unordered_map<const void*, unsigned> instructions;        // of the running launch, numbered
std::vector<std::vector<unsigned>> passed;                     // of each thread: how often, by instruction
std::vector<std::unordered_map<uint64_t, Request>> requests;   // of each warp, by instruction and time
unsigned threads;

// Sorted, without repetition.
std::vector<Address> pieces(const Request& request, unsigned first, unsigned lanes, Address size) {
    std::vector<Address> touched;
    for (unsigned lane = first; lane < first + lanes; lane++)
        if (request.lanes >> lane & 1)
            for (Address p = request.addresses[lane] / size; p <= (request.addresses[lane] + request.bytes - 1) / size; p++) touched.push_back(p);
    std::ranges::sort(touched);
    touched.erase(std::unique(touched.begin(), touched.end()), touched.end());
    return touched;
}

// Banks take turns where they are asked for several words. 8 bytes a lane go in two halves of the warp, 16 in four quarters.
void count_shared(const Request& request) {
    const unsigned together = std::min(32u, 128 / std::max(request.bytes, 4u));
    for (unsigned first = 0; first < 32; first += together) {
        unsigned of_bank[32] = {};
        for (Address word : pieces(request, first, together, 4)) of_bank[word % 32]++;
        const unsigned turns = *std::ranges::max_element(of_bank);
        current->shared_wavefronts += turns;
        current->shared_ideal += turns > 0;
    }
    current->shared_requests++;
}

void count_request(const Request& request) {
    if (request.shared) return count_shared(request);
    current->global_requests++;
    current->global_sectors += pieces(request, 0, 32, 32).size();
    current->global_bytes += pieces(request, 0, 32, 1).size();
}

}  // namespace

void begin_launch_counters(const Launch& launch) {
    current = &all[launch.kernel->name];
    current->launches++;
    instructions.clear();
}

void begin_block_counters(const Launch& launch) {
    threads = launch.dim.x * launch.dim.y * launch.dim.z;
    passed.assign(threads, {});
    requests.resize((threads + 31) / 32);
}

void count(Address a, size_t bytes, bool shared, const void* pc) {
    const unsigned number = thread->number, warp = number / 32, lane = number % 32;
    const unsigned instruction = instructions.emplace(pc, static_cast<unsigned>(instructions.size())).first->second;
    auto& mine = passed[number];
    if (mine.size() <= instruction) mine.resize(instruction + 1);
    const uint64_t key = uint64_t{instruction} << 32 | mine[instruction]++;
    Request& request = requests[warp][key];
    request.lanes |= 1u << lane;
    request.bytes = static_cast<unsigned>(bytes);
    request.shared = shared;
    request.addresses[lane] = a;
    if (static_cast<unsigned>(std::popcount(request.lanes)) < std::min(32u, threads - warp * 32)) return;
    count_request(request);
    requests[warp].erase(key);
}

// Requests in which not all lanes took part.
void end_block_counters() {
    for (auto& of_warp : requests) {
        for (const auto& [key, request] : of_warp) count_request(request);
        of_warp.clear();
    }
}

}  // namespace emu::check

using namespace emu::check;

EMU_API void emu_count(int on) {
    emu::Lock lock(emu::driver_mutex());
    if (on) all.clear();
    counting = on;
}

EMU_API size_t emu_read_counters(emu_counters* to, size_t capacity) {
    emu::Lock lock(emu::driver_mutex());
    size_t i = 0;
    for (auto& [name, counters] : all) {
        if (i == capacity) break;
        to[i] = counters;
        to[i++].kernel = name.c_str();
    }
    return all.size();
}
