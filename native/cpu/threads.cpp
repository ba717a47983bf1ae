// A step has near a thousand pieces of work for all threads, many of which take tens of microseconds. So to share one costs two transfers of
// a cache line, one that tells what to do and one that tells that it is done; OpenMP's threads make system calls besides, each time. Who
// waits for such a line looks at it some tens of microseconds long, then sleeps.
#include "threads.h"

#include <immintrin.h>
#include <linux/futex.h>
#include <omp.h>
#include <pthread.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <atomic>
#include <chrono>
#include <climits>
#include <cstdint>
#include <cstdlib>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

namespace nt {
namespace {

using Clock = std::chrono::steady_clock;

// How long a waiting thread stays awake: to wake it takes as long as many a kernel, but a core that other work waits for is lost meanwhile.
// OMP_WAIT_POLICY=passive, for a machine that is full of other work: not at all.
Clock::duration time_awake() {
    const char* policy = std::getenv("OMP_WAIT_POLICY");
    return std::chrono::microseconds(policy && std::string(policy) == "passive" ? 0 : 50);
}

// A number that some threads change and others wait for. (std::atomic's own wait gives way to other threads before it sleeps: beside other
// work a time slice is lost each time.)
class Signal {
public:
    uint32_t value() const { return value_.load(std::memory_order_acquire); }
    void set(uint32_t value) {
        value_.store(value);
        wake();
    }
    // One less; whoever waits is woken at zero.
    void count_down() {
        if (value_.fetch_sub(1) == 1) wake();
    }
    // Comes back when done(value), with the value.
    template <class Done>
    uint32_t wait(Done done) {
        static const Clock::duration awake = time_awake();
        uint32_t now = value();
        for (const auto begin = Clock::now(); !done(now) && Clock::now() - begin < awake;)
            for (int i = 0; i < 64 && !done(now); i++, now = value()) _mm_pause();
        if (!done(now)) {
            sleepers_++;
            while (!done(now = value_.load())) syscall(SYS_futex, &value_, FUTEX_WAIT_PRIVATE, now, nullptr);
            sleepers_--;
        }
        return now;
    }

private:
    // A sleeper counts itself before it looks at the number for the last time, and here the number is changed before they are counted: one
    // of the two sees the other.
    void wake() {
        if (sleepers_.load() > 0) syscall(SYS_futex, &value_, FUTEX_WAKE_PRIVATE, INT_MAX);
    }

    std::atomic<uint32_t> value_{0};
    std::atomic<int> sleepers_{0};
};

thread_local bool working = false;  // inside of a body

class Pool {
public:
    // Whether it had the time.
    bool run(void (*body)(void*, int), void* state, int threads) {
        const std::unique_lock hold(lock_, std::try_to_lock);
        if (!hold) return false;
        if (threads != static_cast<int>(workers_.size()) + 1) resize(threads);
        post(body, state);
        working = true;
        body(state, 0);
        working = false;
        left_.wait([](uint32_t left) { return left == 0; });
        return true;
    }

private:
    void post(void (*body)(void*, int), void* state) {
        body_ = body;
        state_ = state;
        left_.set(workers_.size());
        job_.set(job_.value() + 1);
    }

    void resize(int threads) {
        post(nullptr, nullptr);
        for (std::thread& worker : workers_) worker.join();
        workers_.clear();
        for (int t = 1; t < threads; t++) workers_.emplace_back([this, t, seen = job_.value()] { work(t, seen); });
    }

    void work(int thread, uint32_t seen) {
        pthread_setname_np(pthread_self(), "compute");
        keep_libraries_alone();
        working = true;
        for (;;) {
            seen = job_.wait([seen](uint32_t job) { return job != seen; });
            if (!body_) return;
            body_(state_, thread);
            left_.count_down();
        }
    }

    std::mutex lock_;
    std::vector<std::thread> workers_;
    alignas(64) Signal job_;  // how many there have been, and, in the same cache line, what the last one is
    void (*body_)(void*, int) = nullptr;
    void* state_ = nullptr;
    alignas(64) Signal left_;  // workers that are not done yet
};

// Never destroyed: the process may end while the workers wait.
Pool& pool() {
    static Pool& pool = *new Pool;
    return pool;
}

// What OpenMP makes of OMP_NUM_THREADS and of the cores.
std::atomic<int>& chosen() {
    static std::atomic<int> count{omp_get_max_threads()};
    return count;
}

}  // namespace

int thread_count() { return working ? 1 : chosen().load(std::memory_order_relaxed); }
void set_thread_count(int count) { chosen() = count; }

void on_all_threads(void (*body)(void*, int), void* state) {
    const int threads = thread_count();
    if (threads == 1 || !pool().run(body, state, threads)) body(state, 0);
}

void keep_libraries_alone() {
    thread_local bool alone = false;
    if (alone) return;
    chosen();  // before OpenMP forgets its own
    omp_set_num_threads(1);
    alone = true;
}

}  // namespace nt
