// Conversions between float and the 16-bit types, by vectors (simd.h).
#include "element.h"
#include "nativetrain.h"
#include "simd.h"

#include <cstring>
#include <stdexcept>
#include <string>

namespace nt {
namespace {

template <Type type>
void widen_all(const void* from, int64_t count, float* to) {
    const auto* p = static_cast<const uint16_t*>(from);
    each_vector(count, [&](int64_t i, auto part) { store<Type::f32>(to + i, load<type>(p + i, part), part); });
}

template <Type type>
void narrow_all(const float* from, int64_t count, void* to) {
    auto* p = static_cast<uint16_t*>(to);
    each_vector(count, [&](int64_t i, auto part) { store<type>(p + i, load<Type::f32>(from + i, part), part); });
}

}  // namespace

Type type_of(int type) {
    if (type < 0 || type > 2) throw std::invalid_argument("a map is F32, F16 or BF16, not type " + std::to_string(type));
    return static_cast<Type>(type);
}

void widen(Type type, const void* from, int64_t count, float* to) {
    if (type == Type::f32) std::memcpy(to, from, count * sizeof(float));
    if (type == Type::f16) widen_all<Type::f16>(from, count, to);
    if (type == Type::bf16) widen_all<Type::bf16>(from, count, to);
}

void narrow(Type type, const float* from, int64_t count, void* to) {
    if (type == Type::f32) std::memcpy(to, from, count * sizeof(float));
    if (type == Type::f16) narrow_all<Type::f16>(from, count, to);
    if (type == Type::bf16) narrow_all<Type::bf16>(from, count, to);
}

}  // namespace nt
