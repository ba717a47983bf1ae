#include "block.h"
#include "fiber.h"

#include <sys/mman.h>

#include <algorithm>
#include <cstring>
#include <exception>
#include <map>
#include <memory>
#include <numeric>
#include <stdexcept>

namespace emu {

thread_local Thread* thread;
thread_local Block* block;

namespace {

constexpr size_t stack_bytes = 64 << 10;

struct Stack {
    unsigned char* memory;
    void* context;
    Stack() : memory(static_cast<unsigned char*>(mmap(nullptr, stack_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0))) {
        if (memory == MAP_FAILED) throw std::bad_alloc();
    }
    ~Stack() { munmap(memory, stack_bytes); }
    Stack(const Stack&) = delete;
    Stack& operator=(const Stack&) = delete;
};

enum class State { ready, at_barrier, at_exchange, done };

struct Fiber {
    Thread thread;
    State state;
    Stack* stack;       // null until the fiber starts and after it ends
    unsigned exchanges;  // how many it has called
    unsigned mask;       // of the exchange it waits in
};

// The meetings of a warp. Two buffers alternate: a lane may still read one while others fill the next.
struct Warp {
    unsigned arrived;
    unsigned words[2][32][8];
};

// Runs blocks on one operating-system thread.
class Runner {
public:
    void run(const Launch& launch, Dim3 index);
    void barrier();
    Exchanged exchange(unsigned mask, const unsigned* words, int count);

private:
    void resume(Fiber& fiber);
    void wait(State state);
    void release(State state, unsigned first, unsigned count);
    void entry();
    static void start();
    Stack* take_stack();

    const Launch* launch_ = nullptr;
    std::vector<Fiber> fibers_;
    std::vector<Warp> warps_;
    std::vector<unsigned> order_;
    std::vector<std::unique_ptr<Stack>> stacks_;
    std::vector<Stack*> free_;
    std::vector<unsigned char> shared_;
    Fiber* running_ = nullptr;
    void* scheduler_ = nullptr;
    unsigned at_barrier_ = 0, done_ = 0;
    std::exception_ptr error_;
};

thread_local Runner runner;

Stack* Runner::take_stack() {
    if (free_.empty()) {
        stacks_.push_back(std::make_unique<Stack>());
        free_.push_back(stacks_.back().get());
    }
    Stack* stack = free_.back();
    free_.pop_back();
    return stack;
}

void Runner::start() { runner.entry(); }

void Runner::entry() {
    try {
        launch_->kernel->run(launch_->arguments);
    } catch (...) {
        error_ = std::current_exception();
    }
    running_->state = State::done;
    done_++;
    emu_switch(&running_->stack->context, scheduler_);
    __builtin_unreachable();
}

// A thread that never waits leaves its stack to the next one: a kernel without barriers runs on a single stack.
void Runner::resume(Fiber& fiber) {
    if (!fiber.stack) {
        fiber.stack = take_stack();
        fiber.stack->context = new_context(fiber.stack->memory, stack_bytes, start);
    }
    running_ = &fiber;
    emu::thread = &fiber.thread;
    emu_switch(&scheduler_, fiber.stack->context);
    if (fiber.state == State::done) {
        free_.push_back(fiber.stack);
        fiber.stack = nullptr;
    }
}

void Runner::wait(State state) {
    Fiber& fiber = *running_;
    fiber.state = state;
    emu_switch(&fiber.stack->context, scheduler_);
}

void Runner::release(State state, unsigned first, unsigned count) {
    for (unsigned i = first; i < first + count; i++)
        if (fibers_[i].state == state) fibers_[i].state = State::ready;
}

void Runner::barrier() {
    if (++at_barrier_ == fibers_.size()) {
        at_barrier_ = 0;
        release(State::at_barrier, 0, static_cast<unsigned>(fibers_.size()));
        return;
    }
    wait(State::at_barrier);
}

Exchanged Runner::exchange(unsigned mask, const unsigned* words, int count) {
    Fiber& fiber = *running_;
    const unsigned number = fiber.thread.number, first = number / 32 * 32;
    Warp& warp = warps_[number / 32];
    auto& buffer = warp.words[fiber.exchanges++ % 2];
    if (count) std::memcpy(buffer[fiber.thread.lane], words, static_cast<size_t>(count) * 4);
    fiber.mask = mask;
    warp.arrived |= 1u << fiber.thread.lane;
    if ((warp.arrived & mask) == mask) {
        warp.arrived &= ~mask;
        for (unsigned lane = 0; lane < 32 && first + lane < fibers_.size(); lane++)
            if (mask >> lane & 1 && fibers_[first + lane].state == State::at_exchange) fibers_[first + lane].state = State::ready;
    } else {
        wait(State::at_exchange);
    }
    return buffer;
}

void Runner::run(const Launch& launch, Dim3 index) {
    const Dim3 d = launch.dim;
    const unsigned count = d.x * d.y * d.z;
    launch_ = &launch;
    shared_.assign(launch.dynamic_shared + 16, 0xcd);
    Block own{index, d, launch.grid, reinterpret_cast<unsigned char*>((reinterpret_cast<uintptr_t>(shared_.data()) + 15) & ~uintptr_t{15})};
    emu::block = &own;
    fibers_.assign(count, Fiber{});
    for (unsigned i = 0; i < count; i++) fibers_[i].thread = {{i % d.x, i / d.x % d.y, i / d.x / d.y}, i, i % 32};
    warps_.assign((count + 31) / 32, Warp{});
    at_barrier_ = done_ = 0;
    error_ = nullptr;
    // Warps in a random order, and a warp's lanes too; a warp's lanes stay together, for they wait for each other most.
    order_.resize(count);
    std::iota(order_.begin(), order_.end(), 0u);
    unsigned long long seed = launch.seed;
    if (seed)
        for (unsigned i = count; i > 1; i--) {
            seed = seed * 6364136223846793005ull + 1442695040888963407ull;
            std::swap(order_[i - 1], order_[(seed >> 33) % i]);
        }
    while (done_ < count && !error_) {
        bool moved = false;
        for (unsigned i : order_) {
            if (fibers_[i].state != State::ready) continue;
            moved = true;
            resume(fibers_[i]);
            if (error_) break;
        }
        if (!moved) {
            error_ = std::make_exception_ptr(std::runtime_error(
                std::to_string(at_barrier_) + " of " + std::to_string(count) + " threads wait at __syncthreads, " + std::to_string(done_) + " have ended and the others wait for their warp"));
        }
    }
    for (Fiber& fiber : fibers_)
        if (fiber.stack) free_.push_back(fiber.stack);
    if (error_) std::rethrow_exception(error_);
}

std::map<std::string, Kernel>& kernels() {
    static std::map<std::string, Kernel> all;
    return all;
}

std::string without_blanks(const char* name) {
    std::string s;
    for (; *name; name++)
        if (*name != ' ') s += *name;
    return s;
}

}  // namespace

void sync_threads() { runner.barrier(); }
Exchanged exchange(unsigned mask, const unsigned* words, int count) { return runner.exchange(mask, words, count); }
void run_block(const Launch& launch, Dim3 index) { runner.run(launch, index); }

void vector_access(const void* address, size_t bytes, bool write) {
    if (reinterpret_cast<uintptr_t>(address) % bytes)
        throw std::runtime_error(std::string("misaligned ") + (write ? "store" : "load") + " of " + std::to_string(bytes) + " bytes");
}

void add_kernel(const char* name, const char*, Kernel kernel) { kernels()[without_blanks(name)] = std::move(kernel); }

const Kernel* find_kernel(const std::string& name) {
    auto at = kernels().find(without_blanks(name.c_str()));
    return at == kernels().end() ? nullptr : &at->second;
}

}  // namespace emu
