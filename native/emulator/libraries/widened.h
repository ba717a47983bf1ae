// A copy in floats of numbers that may have 16 bits, and back.
#pragma once
#include "math/bf16.h"
#include "math/half.h"

#include <algorithm>
#include <cstddef>
#include <cstring>
#include <vector>

namespace emu {

class Widened {
public:
    // type: 0 float, 1 half, 2 bfloat16
    Widened(int type, const void* from, size_t count) : type_(type), numbers_(count) {
        if (type == 0) std::memcpy(numbers_.data(), from, count * sizeof(float));
        else
            for (size_t i = 0; i < count; i++) {
                const unsigned short bits = static_cast<const unsigned short*>(from)[i];
                numbers_[i] = type == 1 ? nt::half_to_float(bits) : nt::bf16_to_float(bits);
            }
    }

    float* floats() { return numbers_.data(); }
    void clear() { std::fill(numbers_.begin(), numbers_.end(), 0.f); }

    void write_back(void* to) const {
        if (type_ == 0) std::memcpy(to, numbers_.data(), numbers_.size() * sizeof(float));
        else
            for (size_t i = 0; i < numbers_.size(); i++)
                static_cast<unsigned short*>(to)[i] = type_ == 1 ? nt::float_to_half(numbers_[i]) : nt::float_to_bf16(numbers_[i]);
    }

private:
    int type_;
    std::vector<float> numbers_;
};

}  // namespace emu
