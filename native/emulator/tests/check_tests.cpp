// What the checked build finds: each planted bug, with its line; and nothing where there is none.
#include "harness.h"

#include <cstdint>
#include <fstream>

namespace {

constexpr int illegal_address = 700, misaligned = 716, launch_failed = 719, invalid_value = 1;
constexpr const char* file = "planted.cu";

void* planted(const char* name) { return kernel(file, name); }

// " at planted.cu:12": where the source has the kernel's bug.
std::string line_of(const char* name) {
    std::ifstream source(PLANTED_SOURCE);
    int number = 0;
    for (std::string line; std::getline(source, line);) {
        number++;
        if (line.ends_with(std::string("// bug: ") + name)) return " at " + std::string(file) + ":" + std::to_string(number);
    }
    return "no line marked as the bug of " + std::string(name);
}

void expect(int result, const char* name, int expected, const std::string& words) {
    const std::string report = emu_report();
    check(result == expected, "result " + std::to_string(result) + " instead of " + std::to_string(expected) + ": " + report);
    for (const std::string& part : {std::string(name), std::string("block ("), std::string("thread ("), line_of(name), words})
        check(report.find(part) != std::string::npos, "the report lacks \"" + part + "\": " + report);
}

void expect_refused(int result, const std::string& words) {
    const std::string report = emu_report();
    check(result == invalid_value, "result " + std::to_string(result) + " instead of 1");
    check(report.find(words) != std::string::npos, "the report lacks \"" + words + "\": " + report);
}

void bounds_of_global_memory() {
    Array<float> x(64), y(64);
    expect(launch(planted("reads_beyond"), 1, 96, 0, x.address, y.address, 64), "reads_beyond", illegal_address, "reads 4 bytes: 0 bytes behind the end of allocation");
    // A failed device stays failed.
    check(cuCtxSynchronize() == illegal_address && cuMemAlloc_v2(&x.address, 4) == illegal_address, "the error is not sticky");
}

void writing_beyond() {
    Array<float> x(63);
    expect(launch(planted("writes_beyond"), 1, 32, 0, x.address, 63), "writes_beyond", illegal_address, "writes 4 bytes: 0 bytes behind the end of allocation");
}

void use_after_free() {
    Array<float> x(64);
    OK(cuMemFree_v2(x.address));
    Array<float> y(64);
    check(y.address != x.address, "a freed address is given out at once");
    expect(launch(planted("writes"), 1, 64, 0, x.address), "writes", illegal_address, "of freed allocation");
}

void double_free() {
    Array<float> x(64);
    OK(cuMemFree_v2(x.address));
    expect_refused(cuMemFree_v2(x.address), "freed already");
}

void misaligned_vector() {
    Array<float> x(68), y(16);
    OK(launch(planted("loads_vector"), 1, 16, 0, x.address, y.address));
    expect(launch(planted("loads_vector"), 1, 16, 0, x.address + 4, y.address), "loads_vector", misaligned, "reads 16 bytes at once, 4 bytes past a multiple");
}

void misaligned_number() {
    Array<float> x(68);
    expect(launch(planted("writes"), 1, 16, 0, x.address + 2), "writes", misaligned, "writes 4 bytes at once, 2 bytes past a multiple");
}

void blocks_read_each_other() {
    Array<float> x(4);
    expect(launch(planted("reads_other_block"), 4, 1, 0, x.address), "reads_other_block", launch_failed, "which block 0 of the same launch wrote");
}

void blocks_write_the_same() {
    Array<float> x(4);
    expect(launch(planted("writes_same"), 4, 32, 0, x.address), "writes_same", launch_failed, "which block 0 of the same launch wrote");
}

void atomics_are_no_race() {
    Array<int> x(1);
    OK(launch(planted("counts"), 3, 64, 0, x.address));
    check_equal(192, x.read()[0], "the count");
}

void reading_before_the_barrier() {
    Array<float> x(64, 1.f);
    OK(launch(planted("reverses<true>"), 1, 64, 0, x.address));
    const int result = launch(planted("reverses<false>"), 1, 64, 0, x.address);
    // By the order of the threads it meets what is not there yet, or what only just came.
    const bool race = std::string(emu_report()).find("a race") != std::string::npos;
    expect(result, "reverses<false>", launch_failed, race ? "which thread" : "which no thread of the block has written");
}

void writing_before_the_barrier() {
    Array<float> x(64, 1.f);
    OK(launch(planted("reverses_twice<true>"), 1, 64, 0, x.address));
    expect(launch(planted("reverses_twice<false>"), 1, 64, 0, x.address), "reverses_twice<false>", launch_failed, "a race: ");
}

void lanes_without_a_barrier() {
    Array<float> x(64, 1.f);
    OK(launch(planted("rotates_in_warp<true>"), 1, 64, 0, x.address));
    const int result = launch(planted("rotates_in_warp<false>"), 1, 64, 0, x.address);
    const bool race = std::string(emu_report()).find("a race") != std::string::npos;
    expect(result, "rotates_in_warp<false>", launch_failed, race ? "which thread" : "which no thread of the block has written");
}

void halves_of_a_word() {
    Array<uint16_t> x(64);
    OK(launch(planted("swaps_halves"), 1, 64, 0, x.address));
}

void bounds_of_a_shared_array() {
    Array<float> x(32);
    expect(launch(planted("indexes_beyond_array"), 1, 32, 0, x.address), "indexes_beyond_array", illegal_address, "0 bytes behind the end of the shared array first (128 bytes)");
}

void bounds_of_dynamic_shared_memory() {
    Array<float> x(64);
    OK(launch(planted("indexes_beyond_dynamic"), 1, 64, 256, x.address));
    expect(launch(planted("indexes_beyond_dynamic"), 1, 64, 252, x.address), "indexes_beyond_dynamic", illegal_address, "0 bytes behind the end of the dynamic shared memory (252 bytes)");
}

void uninitialised_shared_memory() {
    Array<float> x(64);
    expect(launch(planted("reads_unwritten"), 1, 64, 0, x.address), "reads_unwritten", launch_failed, "of the shared array tile, which no thread of the block has written");
}

void copies_that_nobody_waits_for() {
    Array<float> x(256, 2.f), y(256);
    OK(launch(planted("copies<0>"), 1, 64, 0, x.address, y.address));
    check_equal(2, y.read()[4], "what was copied");
    expect(launch(planted("copies<1>"), 1, 64, 0, x.address, y.address), "copies<1>", launch_failed, "where an asynchronous copy arrives");
}

void barrier_that_some_do_not_reach() {
    Array<float> x(64);
    const int result = launch(planted("half_waits"), 1, 64, 0, x.address);
    const std::string report = emu_report();
    check(result == launch_failed, "it succeeds");
    check(report.find("32 of 64 threads wait at __syncthreads" + line_of("half_waits") + ", 32 have ended") != std::string::npos, report);
}

void two_barriers_are_not_one() {
    Array<float> x(64);
    check(launch(planted("two_barriers"), 1, 64, 0, x.address) == launch_failed, "it succeeds");
    check(std::string(emu_report()).find("thread 0 waits at __syncthreads" + line_of("two_barriers") + ", thread 32 at another at planted.cu:") != std::string::npos, emu_report());
}

void shuffle_that_some_do_not_reach() {
    Array<float> x(32);
    const int result = launch(planted("half_shuffles"), 1, 32, 0, x.address);
    const std::string report = emu_report();
    check(result == launch_failed, "it succeeds");
    check(report.find("16 wait for other lanes of their warp" + line_of("half_shuffles")) != std::string::npos, report);
}

void limits_of_a_launch() {
    Array<float> x(2048);
    void* writes = planted("writes");
    expect_refused(launch(writes, 1, 1025, 0, x.address), "a block of 1025 x 1 x 1 threads");
    expect_refused(launch(writes, 0, 32, 0, x.address), "a grid of 0 x 1 x 1 blocks");
    expect_refused(launch(writes, 1, 32, 49153, x.address), "49153 bytes of dynamic shared memory");
    expect_refused(cuFuncSetAttribute(writes, 8, 163 * 1024 + 1), "more shared memory");
    OK(cuFuncSetAttribute(writes, 8, 64 * 1024));
    OK(launch(writes, 1, 32, 64 * 1024, x.address));
    expect_refused(launch(planted("large_array"), 1, 32, 0, x.address), "its shared arrays have 51200 bytes");
    expect_refused(launch(planted("reverses<true>"), 1, 64, 49000, x.address), "49000 bytes of dynamic shared memory beside 256 of its own arrays; 48896 are allowed");
}

void numbers_of_arguments() {
    void* function = planted("writes_beyond");
    size_t offset = 0, size = 0;
    OK(cuFuncGetParamInfo(function, 1, &offset, &size));
    check_equal(8, static_cast<double>(offset), "the second argument's offset");
    check_equal(4, static_cast<double>(size), "its size");
    expect_refused(cuFuncGetParamInfo(function, 2, &offset, &size), "fewer parameters");
}

void asynchronous_copies_need_pinned_memory() {
    Array<float> x(64);
    std::vector<float> host(64);
    expect_refused(cuMemcpyHtoDAsync_v2(x.address, host.data(), 256, stream()), "not pinned");
    expect_refused(cuMemcpyDtoHAsync_v2(host.data(), x.address, 256, stream()), "not pinned");
    expect_refused(cuMemcpyHtoD_v2(x.address, host.data(), 260), "behind the end of allocation");
}

emu_counters counters_of(const char* name) {
    Array<float> x(32 * 33), y(32);
    emu_count(1);
    OK(launch(planted(name), 1, 32, 0, x.address, y.address));
    emu_count(0);
    emu_counters counters{};
    check_equal(1, static_cast<double>(emu_read_counters(&counters, 1)), "kernels counted");
    check_equal(1, static_cast<double>(counters.launches), "launches");
    check(counters.kernel == std::string(name), "the kernel's name");
    return counters;
}

// A warp loads from x and stores to y, each once; the stores lie side by side, in 4 sectors.
void sectors_and_banks() {
    const struct {
        const char* kernel;
        unsigned long long sectors, bytes, shared_requests, wavefronts, ideal;
    } expected[] = {
        {"strides<1>", 4 + 4, 128 + 128, 2, 2, 2},
        {"strides<2>", 8 + 4, 128 + 128, 2, 4, 2},    // two lanes a bank
        {"strides<33>", 32 + 4, 128 + 128, 2, 2, 2},  // an odd distance: each lane its bank
        {"packs", 16 + 4, 512 + 128, 1, 4, 4},
    };
    for (const auto& e : expected) {
        const emu_counters c = counters_of(e.kernel);
        check(c.global_requests == 2 && c.global_sectors == e.sectors && c.global_bytes == e.bytes,
            std::string(e.kernel) + ": " + std::to_string(c.global_requests) + " requests, " + std::to_string(c.global_sectors) + " sectors, " + std::to_string(c.global_bytes) + " bytes");
        check(c.shared_requests == e.shared_requests && c.shared_wavefronts == e.wavefronts && c.shared_ideal == e.ideal,
            std::string(e.kernel) + ": " + std::to_string(c.shared_requests) + " shared requests, " + std::to_string(c.shared_wavefronts) + " wavefronts, " + std::to_string(c.shared_ideal) + " ideal");
    }
}

}  // namespace

const std::vector<Test> check_tests = {
    {"bounds of global memory", bounds_of_global_memory},
    {"writing beyond", writing_beyond},
    {"use after free", use_after_free},
    {"double free", double_free},
    {"misaligned vector", misaligned_vector},
    {"misaligned number", misaligned_number},
    {"blocks read each other", blocks_read_each_other},
    {"blocks write the same", blocks_write_the_same},
    {"atomics are no race", atomics_are_no_race},
    {"reading before the barrier", reading_before_the_barrier},
    {"writing before the barrier", writing_before_the_barrier},
    {"lanes without a barrier", lanes_without_a_barrier},
    {"halves of a word", halves_of_a_word},
    {"bounds of a shared array", bounds_of_a_shared_array},
    {"bounds of dynamic shared memory", bounds_of_dynamic_shared_memory},
    {"uninitialised shared memory", uninitialised_shared_memory},
    {"copies that nobody waits for", copies_that_nobody_waits_for},
    {"barrier that some do not reach", barrier_that_some_do_not_reach},
    {"two barriers are not one", two_barriers_are_not_one},
    {"shuffle that some do not reach", shuffle_that_some_do_not_reach},
    {"limits of a launch", limits_of_a_launch},
    {"numbers of arguments", numbers_of_arguments},
    {"asynchronous copies need pinned memory", asynchronous_copies_need_pinned_memory},
    {"sectors and banks", sectors_and_banks},
};
