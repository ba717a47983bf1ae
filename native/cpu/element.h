// The element types of feature maps. Every kernel computes in float; what it reads and writes may have 16 bits.
// A kernel asks a Source for some numbers as floats and a Target for the place to compute some: the map's own
// memory where that is float, otherwise a small buffer that is converted (rounded to nearest even on the way back)
// while it lies in the first-level cache.
#pragma once
#include <cstddef>
#include <cstdint>

namespace nt {

enum class Type { f32 = 0, f16 = 1, bf16 = 2 };

// Throws std::invalid_argument for a number that is no type of a map.
Type type_of(int type);
inline size_t element_bytes(Type type) { return type == Type::f32 ? 4 : 2; }

// `count` numbers to float, and back.
void widen(Type type, const void* from, int64_t count, float* to);
void narrow(Type type, const float* from, int64_t count, void* to);

// Numbers that a buffer holds: few enough for several buffers to stay in the first-level cache.
constexpr int64_t piece = 1024;

// A map to be read; p may be null where the kernel's operand may be missing.
struct Source {
    Type type;
    const void* p;

    Source(Type type, const void* p) : type(type), p(p) {}
    Source(int type, const void* p) : type(type_of(type)), p(p) {}

    bool is_float() const { return type == Type::f32; }
    const float* floats() const { return static_cast<const float*>(p); }
    Source from(int64_t element) const { return {type, static_cast<const char*>(p) + element * static_cast<int64_t>(element_bytes(type))}; }

    // `count` numbers from element `first` on.
    const float* read(int64_t first, int64_t count, float* buffer) const {
        if (is_float()) return floats() + first;
        widen(type, from(first).p, count, buffer);
        return buffer;
    }

    // Pixels [row, row + pixels), which lie ld numbers apart, as dense rows of c numbers.
    const float* rows(int64_t row, int64_t pixels, int64_t c, int64_t ld, float* buffer) const {
        if (ld == c || pixels == 1) return read(row * ld, pixels * c, buffer);
        for (int64_t r = 0; r < pixels; r++) widen(type, from((row + r) * ld).p, c, buffer + r * c);
        return buffer;
    }
};

// A map to be written.
struct Target {
    Type type;
    void* p;

    Target(Type type, void* p) : type(type), p(p) {}
    Target(int type, void* p) : type(type_of(type)), p(p) {}

    bool is_float() const { return type == Type::f32; }
    float* floats() const { return static_cast<float*>(p); }
    Target from(int64_t element) const { return {type, static_cast<char*>(p) + element * static_cast<int64_t>(element_bytes(type))}; }

    // Where to compute `count` numbers from element `first` on, their present values in place if they are to be
    // changed (`keep`); `close`, with the pointer that this returned, writes them.
    float* open(int64_t first, int64_t count, float* buffer, bool keep = false) const {
        if (is_float()) return floats() + first;
        if (keep) widen(type, from(first).p, count, buffer);
        return buffer;
    }
    void close(int64_t first, int64_t count, const float* numbers) const {
        if (!is_float()) narrow(type, numbers, count, from(first).p);
    }

    void write(int64_t first, int64_t count, const float* numbers) const { narrow(type, numbers, count, from(first).p); }

    // Dense rows of c numbers, to pixels [row, row + pixels), which lie ld numbers apart.
    void write_rows(int64_t row, int64_t pixels, int64_t c, int64_t ld, const float* numbers) const {
        for (int64_t r = 0; r < pixels; r++) write((row + r) * ld, c, numbers + r * c);
    }
};

}  // namespace nt
