#include "block.h"
#include "async_copies.h"
#include "check/check.h"
#include "driver/settings.h"
#include "fiber.h"

#include <sys/mman.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <memory>
#include <numeric>
#include <optional>

namespace emu {

thread_local Thread* thread;
thread_local Block* block;

namespace {

constexpr size_t stack_bytes = 80 << 10, guard_bytes = 4096;

struct Stack {
    unsigned char* memory;  // its first page is a guard: a thread that needs more ends the program, not another's data
    size_t bytes;           // that are used, from the first on
    void* context;

    // Stacks end at different places in their pages; otherwise all their ends would lie in the same few sets of the cache.
    explicit Stack(size_t number) : bytes(stack_bytes - number * 832 % 16384) {
        void* p = mmap(nullptr, stack_bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
        if (p == MAP_FAILED) throw std::bad_alloc();
        mprotect(p, guard_bytes, PROT_NONE);
        memory = static_cast<unsigned char*>(p);
    }
    ~Stack() { munmap(memory, stack_bytes); }
    Stack(const Stack&) = delete;
    Stack& operator=(const Stack&) = delete;
};

struct Fiber {
    Thread thread;
    Stack* stack;    // null until the fiber starts and after it ends
    const void* pc;  // where it waits
};

struct Warp {
    unsigned ready;      // lanes that can run, a bit each
    unsigned arrived;    // lanes that wait in an exchange
    unsigned at_barrier;  // lanes that wait at __syncthreads
    Row rows[32];
};

// Runs blocks on one operating-system thread.
class Runner {
public:
    void run(const Launch& launch, Dim3 index);
    void barrier(const void* pc);
    unsigned* exchange(unsigned mask, const unsigned* words, int count, Combine combine, const void* pc);
    [[noreturn]] void fail(Fault kind, const std::string& message, const void* pc);
    AsyncCopies& copies() { return copies_[running_->thread.number]; }

private:
    static void start();
    void run_threads();
    Fiber* next();
    void switch_to(Fiber* fiber, void** save);
    void wait(unsigned& waiting, const void* pc);
    void check_same_barrier() const;
    std::string stuck() const;
    Stack* take_stack();
    unsigned random(unsigned below);
    Warp& warp_of(const Fiber& fiber) { return warps_[fiber.thread.number / 32]; }

    const Launch* launch_ = nullptr;
    std::vector<Fiber> fibers_;
    std::vector<Warp> warps_;
    std::vector<unsigned> order_;  // of the warps
    unsigned at_ = 0;              // the running warp's place there
    unsigned first_lane_ = 0;      // that is asked first whether it can run
    std::vector<AsyncCopies> copies_;
    std::vector<std::unique_ptr<Stack>> stacks_;
    std::vector<Stack*> free_;
    std::vector<unsigned char> shared_;
    Fiber* running_ = nullptr;
    void* scheduler_ = nullptr;
    unsigned at_barrier_ = 0, done_ = 0;
    unsigned long long seed_ = 0;
    std::optional<KernelFault> fault_;
};

// A pointer is found without a call, wherever the library was loaded.
thread_local Runner* runner __attribute__((tls_model("initial-exec")));

Stack* Runner::take_stack() {
    if (free_.empty()) {
        stacks_.push_back(std::make_unique<Stack>(stacks_.size()));
        free_.push_back(stacks_.back().get());
    }
    Stack* stack = free_.back();
    free_.pop_back();
    return stack;
}

unsigned Runner::random(unsigned below) {
    seed_ = seed_ * 6364136223846793005ull + 1442695040888963407ull;
    return static_cast<unsigned>((seed_ >> 33) % below);
}

// A lane of the same warp if there is one, for a warp's lanes wait for each other most.
Fiber* Runner::next() {
    for (size_t tries = 0; tries < order_.size(); tries++) {
        const unsigned w = order_[at_];
        if (const unsigned ready = warps_[w].ready)
            return &fibers_[w * 32 + ((static_cast<unsigned>(std::countr_zero(std::rotr(ready, static_cast<int>(first_lane_)))) + first_lane_) & 31)];
        at_ = at_ + 1 == order_.size() ? 0 : at_ + 1;
    }
    return nullptr;
}

void Runner::start() { runner->run_threads(); }

// What a stack does: it runs one thread to its end, then takes the next that has not started. So a kernel without barriers
// runs on a single stack without a switch.
void Runner::run_threads() {
    for (;;) {
        launch_->kernel->run(launch_->kernel->kernel, launch_->arguments);
        Stack* stack = running_->stack;
        running_->stack = nullptr;
        warp_of(*running_).ready &= ~(1u << running_->thread.lane);
        done_++;
        Fiber* fiber = next();
        if (!fiber || fiber->stack) {
            free_.push_back(stack);
            switch_to(fiber, &stack->context);
        }
        fiber->stack = stack;
        running_ = fiber;
        emu::thread = &fiber->thread;
    }
}

// To the scheduler where no thread is ready.
void Runner::switch_to(Fiber* fiber, void** save) {
    if (!fiber) return emu_switch(save, scheduler_);
    if (!fiber->stack) {
        fiber->stack = take_stack();
        fiber->stack->context = new_context(fiber->stack->memory, fiber->stack->bytes, start);
    }
    running_ = fiber;
    emu::thread = &fiber->thread;
    if (check::running) check::on_stack(fiber->stack->memory, stack_bytes);
    emu_switch(save, fiber->stack->context);
}

void Runner::wait(unsigned& waiting, const void* pc) {
    Fiber& fiber = *running_;
    fiber.pc = pc;
    waiting |= 1u << fiber.thread.lane;
    warp_of(fiber).ready &= ~(1u << fiber.thread.lane);
    switch_to(next(), &fiber.stack->context);
}

void Runner::fail(Fault kind, const std::string& message, const void* pc) {
    const auto text = [](Dim3 d) { return "(" + std::to_string(d.x) + ", " + std::to_string(d.y) + ", " + std::to_string(d.z) + ")"; };
    fault_.emplace(kind, launch_->kernel->name + ", block " + text(block->index) + ", thread " + text(running_->thread.index) + check::where(running_->thread.number, pc) + ": " + message);
    emu_switch(&running_->stack->context, scheduler_);
    __builtin_unreachable();
}

void Runner::barrier(const void* pc) {
    if (++at_barrier_ < fibers_.size()) return wait(warp_of(*running_).at_barrier, pc);
    running_->pc = pc;
    if (check::running) {
        check_same_barrier();
        check::threads_met();
    }
    at_barrier_ = 0;
    for (Warp& warp : warps_) {
        warp.ready |= warp.at_barrier;
        warp.at_barrier = 0;
    }
    if (launch_->seed) {
        first_lane_ = random(32);
        at_ = random(static_cast<unsigned>(order_.size()));
    }
}

// A line may have become several instructions; two lines are two barriers, each of which lacks threads.
void Runner::check_same_barrier() const {
    for (const Fiber& fiber : fibers_) {
        if (fiber.pc == fibers_[0].pc) continue;
        const std::string here = check::where(0, fibers_[0].pc), there = check::where(fiber.thread.number, fiber.pc);
        if (here != there) runner->fail(Fault::launch_failed, "thread 0 waits at __syncthreads" + here + ", thread " + std::to_string(fiber.thread.number) + " at another" + there, running_->pc);
    }
}

unsigned* Runner::exchange(unsigned mask, const unsigned* words, int count, Combine combine, const void* pc) {
    const unsigned lane = running_->thread.lane, number = running_->thread.number / 32;
    Warp& warp = warps_[number];
    if (count) std::memcpy(warp.rows[lane], words, static_cast<size_t>(count) * 4);
    if (((warp.arrived | 1u << lane) & mask) == mask) {
        if (combine) combine(warp.rows, mask);
        if (check::running) check::lanes_met(number, mask);
        warp.ready |= warp.arrived & mask;
        warp.arrived &= ~mask;
    } else {
        wait(warp.arrived, pc);
    }
    return warp.rows[lane];
}

// Why no thread can go on.
std::string Runner::stuck() const {
    std::string barrier, meeting;
    for (const Fiber& fiber : fibers_) {
        const Warp& warp = warps_[fiber.thread.number / 32];
        std::string& line = warp.at_barrier >> fiber.thread.lane & 1 ? barrier : meeting;
        if (fiber.stack && line.empty()) line = check::where(fiber.thread.number, fiber.pc);
    }
    const size_t lost = fibers_.size() - at_barrier_ - done_;
    std::string text = std::to_string(at_barrier_) + " of " + std::to_string(fibers_.size()) + " threads wait at __syncthreads" + barrier + ", " + std::to_string(done_) + " have ended";
    if (lost) text += ", " + std::to_string(lost) + " wait for other lanes of their warp" + meeting;
    return text;
}

void Runner::run(const Launch& launch, Dim3 index) {
    const Dim3 d = launch.dim;
    const unsigned count = d.x * d.y * d.z, warps = (count + 31) / 32;
    launch_ = &launch;
    shared_.assign(launch.dynamic_shared + 16, 0xcd);
    Block own{index, d, launch.grid, reinterpret_cast<unsigned char*>((reinterpret_cast<uintptr_t>(shared_.data()) + 15) & ~uintptr_t{15})};
    emu::block = &own;
    fibers_.assign(count, Fiber{});
    for (unsigned i = 0; i < count; i++) fibers_[i].thread = {{i % d.x, i / d.x % d.y, i / d.x / d.y}, i, i % 32};
    warps_.resize(warps);
    for (unsigned w = 0; w < warps; w++) {
        warps_[w].ready = count - w * 32 >= 32 ? ~0u : (1u << count % 32) - 1;
        warps_[w].arrived = warps_[w].at_barrier = 0;
    }
    if (copies_.size() < count) copies_.resize(count);
    at_barrier_ = done_ = at_ = first_lane_ = 0;
    fault_.reset();
    order_.resize(warps);
    std::iota(order_.begin(), order_.end(), 0u);
    if ((seed_ = launch.seed)) {
        for (unsigned i = warps; i > 1; i--) std::swap(order_[i - 1], order_[random(i)]);
        first_lane_ = random(32);
    }
    if (settings().checked) check::begin_block(launch);
    switch_to(next(), &scheduler_);
    if (!fault_ && done_ < count) fault_.emplace(Fault::launch_failed, launch.kernel->name + ", block (" + std::to_string(index.x) + ", " + std::to_string(index.y) + ", " + std::to_string(index.z) + "): " + stuck());
    if (settings().checked) check::end_block();
    for (Fiber& fiber : fibers_)
        if (fiber.stack) free_.push_back(fiber.stack);
    for (unsigned i = 0; i < count; i++) copies_[i].clear();
    emu::block = nullptr;
    if (fault_) throw *fault_;
}

}  // namespace

void sync_threads() { runner->barrier(__builtin_return_address(0)); }
unsigned* exchange(unsigned mask, const unsigned* words, int count, Combine combine, const void* pc) { return runner->exchange(mask, words, count, combine, pc); }

void run_block(const Launch& launch, Dim3 index) {
    static thread_local Runner own;
    runner = &own;
    own.run(launch, index);
}

void fail(Fault kind, const std::string& message, const void* pc) { runner->fail(kind, message, pc); }
AsyncCopies& async_copies() { return runner->copies(); }

}  // namespace emu
