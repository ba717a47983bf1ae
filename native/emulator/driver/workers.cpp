#include "workers.h"
#include "settings.h"

#include <atomic>
#include <condition_variable>
#include <mutex>
#include <thread>
#include <vector>

namespace emu {

namespace {

class Workers {
public:
    Workers() {
        for (unsigned i = 1; i < settings().threads; i++) std::thread(&Workers::serve, this).detach();
    }

    void run(size_t count, const std::function<bool(size_t)>& f) {
        if (count == 1 || settings().threads == 1) {
            for (size_t i = 0; i < count && f(i);) i++;
            return;
        }
        std::unique_lock lock(mutex_);
        f_ = &f;
        count_ = count;
        next_ = 0;
        busy_ = settings().threads - 1;
        round_++;
        start_.notify_all();
        lock.unlock();
        work();
        lock.lock();
        done_.wait(lock, [this] { return busy_ == 0; });
    }

private:
    void work() {
        for (size_t i; (i = next_++) < count_;)
            if (!(*f_)(i)) next_ = count_;
    }

    void serve() {
        std::unique_lock lock(mutex_);
        for (unsigned long long served = 0;;) {
            start_.wait(lock, [&] { return round_ != served; });
            served = round_;
            lock.unlock();
            work();
            lock.lock();
            if (--busy_ == 0) done_.notify_one();
        }
    }

    std::mutex mutex_;
    std::condition_variable start_, done_;
    const std::function<bool(size_t)>* f_;
    size_t count_;
    std::atomic<size_t> next_;
    unsigned busy_ = 0;
    unsigned long long round_ = 0;
};

}  // namespace

void run_parallel(size_t count, const std::function<bool(size_t)>& f) {
    static Workers& workers = *new Workers;  // never destroyed: its threads end with the process
    workers.run(count, f);
}

}  // namespace emu
