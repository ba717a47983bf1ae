// That kernels, streams, events, graphs and memory do what CUDA says. With the fast build of the kernels.
#include "harness.h"
#include "math/bf16.h"
#include "math/half.h"

#include <cstdint>
#include <cstring>

namespace {

void* semantics(const char* name) { return kernel("semantics.cu", name); }

void indices() {
    Array<int> y(2 * 3 * 2 * 24);
    CUdeviceptr address = y.address;
    void* arguments[] = {&address};
    OK(cuLaunchKernel(semantics("where"), 2, 3, 2, 4, 3, 2, 0, nullptr, arguments, nullptr));
    const auto result = y.read();
    for (int i = 0; i < 288; i++) check_equal(1000 * (i / 24) + i % 24, result[static_cast<size_t>(i)], "thread " + std::to_string(i));
}

void shuffles() {
    Array<int> y(64 * 8);
    OK(launch(semantics("shuffles"), 1, 64, 0, y.address));
    const auto result = y.read();
    for (int i = 0; i < 64; i++) {
        const int lane = i % 32, group = lane / 8 * 8;
        const int expected[] = {5, group + 5, lane ^ 3, lane + 4 < 32 ? lane + 4 : lane, lane % 8 + 4 < 8 ? lane + 4 : lane, lane % 8 >= 4 ? lane - 4 : lane, lane ^ 1, (lane ^ 9) / 8 > lane / 8 ? lane : lane ^ 9};
        for (int j = 0; j < 8; j++) check_equal(expected[j], result[static_cast<size_t>(i * 8 + j)], "shuffle " + std::to_string(j) + " of lane " + std::to_string(lane));
    }
}

void votes() {
    Array<unsigned> y(32 * 5);
    OK(launch(semantics("votes"), 1, 32, 0, y.address));
    const auto result = y.read();
    for (size_t lane = 0; lane < 32; lane++) {
        const unsigned expected[] = {0xaaaaaaaau, 0, 1, lane < 16 ? 7u : 0u, 0xc0000000u};
        for (size_t j = 0; j < 5; j++) check_equal(expected[j], result[lane * 5 + j], "vote " + std::to_string(j) + " of lane " + std::to_string(lane));
    }
}

void sums() {
    std::vector<float> x(256);
    for (size_t i = 0; i < 256; i++) x[i] = static_cast<float>(i);
    Array<float> in(x), out(100);
    OK(launch(semantics("sums"), 50, 256, 0, in.address, out.address));
    for (float sum : out.read()) check_equal(32640, sum, "the sum");
}

template <uint16_t round(float), float widen(uint16_t)>
void multiplies(const char* name) {
    std::vector<uint16_t> a(256), b(128);
    for (size_t i = 0; i < a.size(); i++) a[i] = round(static_cast<float>(i % 7) - 3.f);
    for (size_t i = 0; i < b.size(); i++) b[i] = round(static_cast<float>(i % 5) * 0.5f - 1.f);
    Array<uint16_t> device_a(a), device_b(b);
    Array<float> device_d(128);
    OK(launch(semantics(name), 1, 32, 0, device_a.address, device_b.address, device_d.address));
    const auto d = device_d.read();
    for (size_t m = 0; m < 16; m++)
        for (size_t n = 0; n < 8; n++) {
            float sum = 0;
            for (size_t k = 0; k < 16; k++) sum += widen(a[m * 16 + k]) * widen(b[k * 8 + n]);
            check_equal(sum, d[m * 8 + n], "row " + std::to_string(m) + ", column " + std::to_string(n));
        }
}

void structs_by_value() {
    const struct {
        double factor;
        int add;
    } p{2.5, 7};
    Array<int> x(100, 4), y(100);
    OK(launch(semantics("takes_struct"), 3, 32, 0, p, x.address, y.address, 100ll));
    for (int v : y.read()) check_equal(17, v, "2.5 * 4 + 7");
}

// --- streams and events
void run(const char* name, Array<int>& x, void* in, int a = 0) {
    CUdeviceptr address = x.address;
    void* arguments[] = {&address, &a};
    OK(cuLaunchKernel(semantics(name), 1, 1, 1, static_cast<unsigned>(x.count), 1, 1, 0, in, arguments, nullptr));
}

void order_in_a_stream() {
    for (int round = 0; round < 20; round++) {
        Array<int> x(32), y(32);
        void *a = stream(), *b = stream();
        for (int i = 0; i < 4; i++) {  // ((0 + 1) * 2 + 1) * 2 …
            run("adds", x, a, 1), run("doubles", x, a);
            run("doubles", y, b), run("adds", y, b, 3);
        }
        OK(cuStreamSynchronize(a));
        OK(cuStreamSynchronize(b));
        check_equal(30, x.read()[7], "the first stream's");
        check_equal(45, y.read()[7], "the second stream's");
        OK(cuStreamDestroy_v2(a));
        OK(cuStreamDestroy_v2(b));
    }
}

// Without an event the streams take turns in a random order: the seed brings both orders about.
void order_between_streams() {
    bool first = false, second = false;
    for (int round = 0; round < 50; round++) {
        Array<int> x(1);
        void *a = stream(), *b = stream();
        run("adds", x, a, 1);
        run("doubles", x, b);
        OK(cuCtxSynchronize());
        (x.read()[0] == 2 ? first : second) = true;
    }
    check(first && second, "always the same order");
}

void events_order_streams() {
    for (int round = 0; round < 50; round++) {
        Array<int> x(1);
        void *a = stream(), *b = stream(), *event;
        OK(cuEventCreate(&event, 0));
        run("adds", x, a, 1);
        OK(cuEventRecord(event, a));
        OK(cuStreamWaitEvent(b, event, 0));
        run("doubles", x, b);
        OK(cuStreamSynchronize(b));
        check_equal(2, x.read()[0], "add, then double");
        OK(cuEventDestroy_v2(event));
    }
}

// A stream of one's own does not wait for the default stream: a number that was sent there may come after the kernel that reads
// it. A wait in between keeps the order.
void the_default_stream_is_passed() {
    bool late = false;
    void* s = stream();
    for (int round = 0; round < 50; round++) {
        Array<int> x(1);
        const int sent = 5;
        OK(cuCtxSynchronize());
        OK(cuMemcpyHtoD_v2(x.address, &sent, 4));
        run("doubles", x, s);
        OK(cuCtxSynchronize());
        const int unordered = x.read()[0];
        check(unordered == 10 || unordered == 5, "neither order");
        late |= unordered == 5;
        OK(cuMemcpyHtoD_v2(x.address, &sent, 4));
        OK(cuStreamSynchronize(nullptr));
        run("doubles", x, s);
        OK(cuStreamSynchronize(s));
        check_equal(10, x.read()[0], "sent, waited for, doubled");
    }
    check(late, "the missing wait was never seen");
    OK(cuStreamDestroy_v2(s));
}

// Nor does the default stream wait for it: what is read there may be what was before the kernel.
void the_default_stream_passes() {
    bool early = false;
    void* s = stream();
    for (int round = 0; round < 50; round++) {
        Array<int> x(1);
        OK(cuCtxSynchronize());
        run("adds", x, s, 1);
        early |= x.read()[0] == 0;
        OK(cuStreamSynchronize(s));
        check_equal(1, x.read()[0], "added, waited for, read");
    }
    check(early, "the missing wait was never seen");
    OK(cuStreamDestroy_v2(s));
}

void blocking_streams_wait_for_the_default_stream() {
    void* s;
    OK(cuStreamCreate(&s, 0));
    for (int round = 0; round < 50; round++) {
        Array<int> x(1);
        run("adds", x, s, 1);
        run("doubles", x, nullptr);
        run("adds", x, s, 3);
        check_equal(5, x.read()[0], "add, double, add");
    }
    OK(cuStreamDestroy_v2(s));
}

void events_tell_what_is_done() {
    constexpr int not_ready = 600;
    Array<int> x(1);
    void *s = stream(), *start, *end;
    float ms = -1;
    OK(cuEventCreate(&start, 0));
    OK(cuEventCreate(&end, 0));
    OK(cuEventQuery(end));
    OK(cuEventRecord(start, s));
    for (int i = 0; i < 5; i++) run("adds", x, s, 1);
    OK(cuEventRecord(end, s));
    check(cuEventElapsedTime(&ms, start, end) == not_ready, "time of what is not done");
    int queries = 0;
    while (cuEventQuery(end) == not_ready) queries++;
    check(queries > 0, "done before anybody asked");
    OK(cuEventElapsedTime(&ms, start, end));
    check(ms >= 0, "a time below zero");
    OK(cuStreamQuery(s));
    check_equal(5, x.read()[0], "the sum");
}

// What lies in pinned memory is read when the copy is made.
void copies_read_late() {
    Array<int> x(1);
    void *s = stream(), *memory;
    OK(cuMemHostAlloc(&memory, 4, 0));
    int& host = *static_cast<int*>(memory);
    host = 1;
    OK(cuMemcpyHtoDAsync_v2(x.address, &host, 4, s));
    host = 2;
    OK(cuStreamSynchronize(s));
    check_equal(2, x.read()[0], "the pinned number");
    int other = 3;
    OK(cuMemcpyHtoDAsync_v2(x.address, &other, 4, s));
    other = 4;
    OK(cuStreamSynchronize(s));
    check_equal(3, x.read()[0], "the number that is not pinned");
    OK(cuMemFreeHost(memory));
}

// --- graphs
void graphs_repeat() {
    Array<int> x(8);
    void *a = stream(), *b = stream(), *fork, *join, *graph, *executable;
    OK(cuEventCreate(&fork, 0));
    OK(cuEventCreate(&join, 0));
    OK(cuStreamBeginCapture_v2(a, 0));
    run("adds", x, a, 1);
    OK(cuEventRecord(fork, a));
    OK(cuStreamWaitEvent(b, fork, 0));
    run("doubles", x, b);
    OK(cuEventRecord(join, b));
    OK(cuStreamWaitEvent(a, join, 0));
    run("adds", x, a, 3);
    OK(cuStreamEndCapture(a, &graph));
    check_equal(0, x.read()[0], "nothing is done while a stream captures");
    OK(cuGraphInstantiateWithFlags(&executable, graph, 0));
    OK(cuGraphDestroy(graph));
    for (int i = 0; i < 3; i++) OK(cuGraphLaunch(executable, a));
    OK(cuStreamSynchronize(a));
    check_equal(35, x.read()[5], "((0 + 1) * 2 + 3, and so on twice");  // 5, 15, 35
    OK(cuGraphExecDestroy(executable));
}

void captures_can_fail() {
    Array<int> x(8);
    void *a = stream(), *b = stream(), *fork, *graph;
    OK(cuEventCreate(&fork, 0));
    OK(cuStreamBeginCapture_v2(a, 0));
    check(cuStreamSynchronize(a) == 900, "waiting in a capture");
    check(cuStreamEndCapture(a, &graph) == 901 && !graph, "a broken capture ends well");
    OK(cuStreamBeginCapture_v2(a, 0));
    OK(cuEventRecord(fork, a));
    OK(cuStreamWaitEvent(b, fork, 0));
    run("doubles", x, b);
    check(cuStreamEndCapture(a, &graph) == 904, "work that nobody waits for");
    OK(cuStreamSynchronize(b));
}

// --- memory
void out_of_memory() {
    size_t free, total;
    OK(cuMemGetInfo_v2(&free, &total));
    check_equal(1 << 28, static_cast<double>(total), "NATIVETRAIN_EMULATOR_MEMORY");
    CUdeviceptr large, more;
    OK(cuMemAlloc_v2(&large, free));
    check(cuMemAlloc_v2(&more, 1) == 2, "more than there is");
    check(std::string(emu_report()).find("cuMemAlloc_v2: 1 bytes asked for, 0 of 268435456 are free") != std::string::npos, emu_report());
    OK(cuMemFree_v2(large));
    OK(cuMemAlloc_v2(&more, free));
    OK(cuMemFree_v2(more));
}

void memory_behind_addresses() {
    constexpr size_t piece = 2 << 20;
    CUdeviceptr start;
    unsigned long long handles[3];
    OK(cuMemAddressReserve(&start, 4 * piece, 0, 0, 0));
    for (size_t i = 0; i < 3; i++) {
        OK(cuMemCreate(&handles[i], piece, nullptr, 0));
        OK(cuMemMap(start + i * piece, piece, 0, handles[i], 0));
    }
    check(cuMemsetD32Async(start, 1, 1, nullptr) == 1, "access that was not set");
    OK(cuMemSetAccess(start, 3 * piece, nullptr, 1));
    OK(cuMemsetD32Async(start, 7, 3 * piece / 4, nullptr));
    check(cuMemsetD32Async(start, 7, 3 * piece / 4 + 1, nullptr) == 1, "a fill beyond");
    // A piece moves with what is in it.
    OK(cuMemUnmap(start, piece));
    OK(cuMemMap(start + 3 * piece, piece, 0, handles[0], 0));
    OK(cuMemSetAccess(start + 3 * piece, piece, nullptr, 1));
    int last;
    OK(cuMemcpyDtoH_v2(&last, start + 4 * piece - 4, 4));
    check_equal(7, last, "what was written");
    size_t free, total;
    OK(cuMemUnmap(start + piece, 3 * piece));
    for (auto handle : handles) OK(cuMemRelease(handle));
    OK(cuMemGetInfo_v2(&free, &total));
    check_equal(static_cast<double>(total), static_cast<double>(free), "all memory");
    OK(cuMemAddressFree(start, 4 * piece));
}

void failures_can_be_planned() {
    CUdeviceptr memory;
    emu_fail("cuMemAlloc_v2", 1, 2, 2);
    OK(cuMemAlloc_v2(&memory, 16));
    OK(cuMemFree_v2(memory));
    for (int i = 0; i < 2; i++) check(cuMemAlloc_v2(&memory, 16) == 2, "no planned failure");
    OK(cuMemAlloc_v2(&memory, 16));
    OK(cuMemFree_v2(memory));
}

void a_device_without_virtual_memory() {
    CUdeviceptr start;
    emu_set_attribute(102, 0);
    check(cuMemAddressReserve(&start, 2 << 20, 0, 0, 0) == 801, "addresses were reserved");
    emu_set_attribute(102, 1);
    OK(cuMemAddressReserve(&start, 2 << 20, 0, 0, 0));
    OK(cuMemAddressFree(start, 2 << 20));
}

void unknown_kernels() {
    void* program;
    OK(nvrtcCreateProgram(&program, "", "semantics.cu", 0, nullptr, nullptr));
    OK(nvrtcAddNameExpression(program, "adds<float>"));
    check(nvrtcCompileProgram(program, 0, nullptr) == 6, "it compiles");
    size_t bytes = 0;
    OK(nvrtcGetProgramLogSize(program, &bytes));
    std::string log(bytes, 0);
    OK(nvrtcGetProgramLog(program, log.data()));
    check(log.find("semantics.cu: error: no KERNEL(adds<float>)") != std::string::npos, log);
    OK(nvrtcDestroyProgram(&program));
}

}  // namespace

const std::vector<Test> semantics_tests = {
    {"indices", indices},
    {"shuffles", shuffles},
    {"votes", votes},
    {"sums", sums},
    {"products of half matrices", [] { multiplies<nt::float_to_half, nt::half_to_float>("multiplies<half>"); }},
    {"products of bf16 matrices", [] { multiplies<nt::float_to_bf16, nt::bf16_to_float>("multiplies<bf16>"); }},
    {"structs by value", structs_by_value},
    {"order in a stream", order_in_a_stream},
    {"order between streams", order_between_streams},
    {"events order streams", events_order_streams},
    {"the default stream is passed", the_default_stream_is_passed},
    {"the default stream passes", the_default_stream_passes},
    {"blocking streams wait for the default stream", blocking_streams_wait_for_the_default_stream},
    {"events tell what is done", events_tell_what_is_done},
    {"copies read late", copies_read_late},
    {"graphs repeat", graphs_repeat},
    {"captures can fail", captures_can_fail},
    {"out of memory", out_of_memory},
    {"memory behind addresses", memory_behind_addresses},
    {"failures can be planned", failures_can_be_planned},
    {"a device without virtual memory", a_device_without_virtual_memory},
    {"unknown kernels", unknown_kernels},
};
