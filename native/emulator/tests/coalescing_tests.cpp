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

// The kernels' struct: 3×3, 64 to 64 channels of 8×16 pixels, which are one tile of 128 rows.
struct Conv2d {
    int n = 1, h = 8, w = 16, ic = 64, oc = 64, kh = 3, kw = 3, stride = 1, pad = 1, groups = 1, oh = 8, ow = 16;
};

// No bank is asked twice for what the swizzle spreads.
template <class T>
void convolution(const char* file, const char* name, unsigned threads) {
    Conv2d sizes;
    int backward = 0, pitch = 64, y_is_float = 0;
    CUdeviceptr bias = 0;
    Array<T> x(8 * 16 * 64), w(64 * 9 * 64), y(8 * 16 * 64);
    const emu_counters c = counted(kernel(file, name), 1, 1, threads, 1, {&sizes, &backward, &x.address, &w.address, &pitch, &bias, &y.address, &y_is_float});
    expect_no_waste(c);
    check(c.shared_requests > 0, "no shared memory");
}

template <class T>
void convolution_weights(const char* file, const char* name, unsigned threads) {
    Conv2d sizes;
    int pitch = 64, split_pixels = 128;
    Array<T> x(8 * 16 * 64), dy(8 * 16 * 64);
    Array<float> partial(64 * 9 * 64);
    expect_no_waste(counted(kernel(file, name), 9, 1, threads, 1, {&sizes, &x.address, &dy.address, &pitch, &split_pixels, &partial.address}));
}

}  // namespace

const std::vector<Test> coalescing_tests = {
    {"convolution of floats", [] { convolution<float>("conv2d_fma.cu", "conv2d_fma<float, 128, 64, true>", 256); }},
    {"convolution of halves", [] { convolution<uint16_t>("conv2d_mma.cu", "conv2d_mma<half, 128, 64, true>", 128); }},
    {"weight gradient of floats", [] { convolution_weights<float>("conv2d_weight_fma.cu", "conv2d_weight_fma<float, 64, 64, true>", 256); }},
    {"weight gradient of halves", [] { convolution_weights<uint16_t>("conv2d_weight_mma.cu", "conv2d_weight_mma<half, 64, 64, true>", 128); }},
    {"silu of floats", [] { silu<float>("silu_forward<float, 4>"); }},
    {"silu of halves", [] { silu<uint16_t>("silu_forward<half, 8>"); }},
    {"transposed weights", transposed_weights},
};
