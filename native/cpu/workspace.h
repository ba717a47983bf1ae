// Scratch memory that grows to the largest need and stays, 64-byte aligned.
#pragma once
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
            const size_t rounded = (count + 63) / 64 * 64;
            memory_ = static_cast<char*>(std::aligned_alloc(64, rounded));
            if (!memory_) throw std::bad_alloc();
            size_ = rounded;
        }
        return memory_;
    }
    float* floats(size_t count) { return reinterpret_cast<float*>(bytes(count * sizeof(float))); }

private:
    char* memory_ = nullptr;
    size_t size_ = 0;
};

}  // namespace nt
