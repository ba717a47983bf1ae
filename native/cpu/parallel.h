// How kernels share their work between threads. What a chunk of work computes never depends on which thread
// runs it or how many there are; sums are left in one partial per chunk and added up in the chunks' order.
#pragma once
#include "element.h"
#include "threads.h"

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <exception>
#include <initializer_list>
#include <mutex>

namespace nt {

enum class Order { forward, backward };

// [0, count) in contiguous parts, one for each thread, and how far each has got. A thread that is done with its own part
// goes on with what is left of the others': one that the machine holds up does not hold up all.
class Parts {
public:
    __attribute__((noinline)) Parts(int64_t count, int threads) : count_(std::clamp(threads, 1, most)) {
        for (int p = 0; p < count_; p++) {
            part_[p].begin = count * p / count_;
            part_[p].end = count * (p + 1) / count_;
            part_[p].next.store(part_[p].begin, std::memory_order_relaxed);
        }
    }

    template <class Body>
    void each(int thread, Order order, Body&& body) {
        for (int k = 0; k < count_; k++) {
            Part& part = part_[(thread + k) % count_];
            for (int64_t i; (i = part.next.fetch_add(1, std::memory_order_relaxed)) < part.end;)
                body(order == Order::forward ? i : part.begin + part.end - 1 - i);
        }
    }

private:
    static constexpr int most = 64;  // more threads share parts
    struct alignas(64) Part {
        int64_t begin, end;
        std::atomic<int64_t> next;
    };
    int count_;
    Part part_[most];
};

// What a thread throws, kept for the caller: the last of several.
class Failure {
public:
    template <class Work>
    void keep_from(Work&& work) {
        try {
            work();
        } catch (...) {
            const std::scoped_lock hold(lock_);
            thrown_ = std::current_exception();
        }
    }
    void throw_again() const {
        if (thrown_) std::rethrow_exception(thrown_);
    }

private:
    std::mutex lock_;
    std::exception_ptr thrown_;
};

// Calls body(i) once for every i in [0, count). A thread begins with a contiguous range, the same one in either
// order, so that a second pass over a map, run backward, starts on what the first one left in the caches.
// An exception ends its thread's work and is thrown again here. A single task is no work for other threads.
template <class Body>
void parallel_for(int64_t count, Body&& body, Order order = Order::forward) {
    if (count == 1) return body(0);
    Failure failure;
    Parts parts(count, thread_count());
    on_all_threads([&](int thread) { failure.keep_from([&] { parts.each(thread, order, body); }); });
    failure.throw_again();
}

// Calls body(i) once for every i in [0, count), each on the next free thread: for tasks of unequal length. The
// other tasks still run after an exception.
template <class Body>
void parallel_tasks(int64_t count, Body&& body) {
    if (count == 1) return body(0);
    Failure failure;
    std::atomic<int64_t> next{0};
    on_all_threads([&](int) {
        for (int64_t i; (i = next.fetch_add(1, std::memory_order_relaxed)) < count;) failure.keep_from([&] { body(i); });
    });
    failure.throw_again();
}

// Splits `rows` pixels of c channels into lines that lie in one piece in every operand, and calls
// line(row, count) for each: `count` floats from pixel `row` on. Where all operands are dense (every ld is c)
// a line is many pixels, otherwise one.
template <class Line>
void parallel_lines(int64_t rows, int c, std::initializer_list<int> lds, Line&& line) {
    const bool dense = std::all_of(lds.begin(), lds.end(), [c](int ld) { return ld == c; });
    const int64_t block = std::max<int64_t>(1, 16384 / std::max(c, 1)), blocks = (rows + block - 1) / block;
    parallel_for(blocks, [&](int64_t i) {
        const int64_t begin = i * block, end = std::min(rows, begin + block);
        if (dense) return line(begin, (end - begin) * c);
        for (int64_t r = begin; r < end; r++) line(r, static_cast<int64_t>(c));
    });
}

// The same in pieces that fit a buffer: body(row, at, count) for `count` numbers that begin `at` numbers into the
// line of pixel `row`.
template <class Piece>
void parallel_pieces(int64_t rows, int c, std::initializer_list<int> lds, Piece&& body) {
    parallel_lines(rows, c, lds, [&](int64_t row, int64_t count) {
        for (int64_t at = 0; at < count; at += piece) body(row, at, std::min(piece, count - at));
    });
}

}  // namespace nt
