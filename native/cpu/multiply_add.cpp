// x = x·a + b, many times over in registers: what the arithmetic units can do when memory does not hold them up.
#include "nativetrain.h"
#include "parallel.h"
#include "status.h"

namespace {

#ifdef __AVX512F__
constexpr int lanes = 16;
#else
constexpr int lanes = 8;
#endif
typedef float Vector __attribute__((vector_size(4 * lanes)));

// Chains that do not wait for each other: a multiply-add takes 4 or 5 cycles and two can begin in each.
constexpr int chains = 10;
constexpr int64_t group = chains * lanes;

void run(float* x, int rounds) {
    Vector v[chains];
    __builtin_memcpy(v, x, sizeof v);
    for (int round = 0; round < rounds; round++)
        for (int i = 0; i < chains; i++) v[i] = v[i] * 0.999f + 0.001f;
    __builtin_memcpy(x, v, sizeof v);
}

}  // namespace

int nt_multiply_add(float* x, int64_t n, int rounds) {
    return nt::guarded("nt_multiply_add", [&] {
        nt::parallel_for(n / group, [&](int64_t i) { run(x + i * group, rounds); });
        for (int64_t i = n / group * group; i < n; i++)
            for (int round = 0; round < rounds; round++) x[i] = x[i] * 0.999f + 0.001f;
    });
}
