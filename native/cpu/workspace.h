// Scratch memory that grows to the largest need and stays, 64-byte aligned.
#pragma once
#include <sys/mman.h>

#include <cstdlib>
#include <new>

namespace nt {

class Workspace {
public:
    Workspace() = default;
    Workspace(const Workspace&) = delete;
    Workspace& operator=(const Workspace&) = delete;
    ~Workspace() { std::free(memory_); }

    char* bytes(size_t count) {
        if (count > size_) {
            std::free(memory_);
            size_ = 0;
            const size_t unit = count < huge_page ? 64 : huge_page, rounded = (count + unit - 1) / unit * unit;
            memory_ = static_cast<char*>(std::aligned_alloc(unit, rounded));
            if (!memory_) throw std::bad_alloc();
            if (unit == huge_page) madvise(memory_, rounded, MADV_HUGEPAGE);  // many planes at once: few entries of the page table
            size_ = rounded;
        }
        return memory_;
    }
    float* floats(size_t count) { return reinterpret_cast<float*>(bytes(count * sizeof(float))); }

private:
    static constexpr size_t huge_page = size_t{2} << 20;

    char* memory_ = nullptr;
    size_t size_ = 0;
};

}  // namespace nt
