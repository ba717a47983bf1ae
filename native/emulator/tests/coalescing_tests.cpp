// The project's kernels: that they move no byte of global memory in vain, and meet no bank conflict, where maps are aligned.
#include "harness.h"

#include <cstdint>

namespace {

emu_counters counted(void* function, unsigned grid_x, unsigned grid_y, unsigned block_x, unsigned block_y, std::vector<void*> arguments) {
    emu_count(1);
    OK(cuLaunchKernel(function, grid_x, grid_y, 1, block_x, block_y, 1, 0, nullptr, arguments.data(), nullptr));
    OK(cuCtxSynchronize());
    emu_count(0);
    emu_counters counters{};
    emu_read_counters(&counters, 1);
    return counters;
}

void expect_no_waste(const emu_counters& c) {
    check(c.global_requests > 0 && c.global_bytes == 32 * c.global_sectors, std::to_string(c.global_bytes) + " bytes wanted, " + std::to_string(c.global_sectors) + " sectors moved");
    check(c.shared_wavefronts == c.shared_ideal, std::to_string(c.shared_wavefronts) + " wavefronts, " + std::to_string(c.shared_ideal) + " without bank conflicts");
}

template <class T>
void silu(const char* name) {
    int channels = 64;
    long long rows = 37;
    Array<T> x(static_cast<size_t>(rows * channels)), y(static_cast<size_t>(rows * channels));
    expect_no_waste(counted(kernel("silu.cu", name), 3, 1, 256, 1, {&x.address, &channels, &y.address, &channels, &rows, &channels}));
}

// Turned over in shared memory: rows are read and rows are written.
void transposed_weights() {
    int oc = 64, taps = 1, ic = 96, pitch = 64;
    Array<float> w(static_cast<size_t>(oc * ic)), to(static_cast<size_t>(ic * pitch));
    const emu_counters c = counted(kernel("conv2d_operands.cu", "conv2d_weights_backward<float>"), 2, 3, 32, 8, {&w.address, &to.address, &oc, &taps, &ic, &pitch});
    expect_no_waste(c);
    check(c.shared_requests > 0, "no shared memory");
}

}  // namespace

const std::vector<Test> coalescing_tests = {
    {"silu of floats", [] { silu<float>("silu_forward<float, 4>"); }},
    {"silu of halves", [] { silu<uint16_t>("silu_forward<half, 8>"); }},
    {"transposed weights", transposed_weights},
};
