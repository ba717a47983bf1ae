// Tests of the emulator through the functions it exports. A test is a function named in a table; what fails is printed.
#pragma once
#include "../emulator.h"
#include "cuda.h"

#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

extern int failures;
extern std::string running_test;

inline void check(bool holds, const std::string& message) {
    if (holds) return;
    failures++;
    std::printf("%s: %s\n", running_test.c_str(), message.c_str());
}

// A call that must succeed.
#define OK(call) check((call) == 0, std::string(#call) + ": " + emu_report())

inline void check_equal(double expected, double actual, const std::string& what) {
    check(expected == actual, what + ": " + std::to_string(actual) + " instead of " + std::to_string(expected));
}

// Every test has the device to itself.
struct Device {
    Device() {
        void* context;
        OK(cuInit(0));
        OK(cuDevicePrimaryCtxRetain(&context, 0));
    }
    ~Device() { OK(cuDevicePrimaryCtxRelease_v2(0)); }
};

template <class T>
struct Array {
    CUdeviceptr address;
    size_t count;
    explicit Array(size_t n, T value = {}) : Array(std::vector<T>(n, value)) {}
    explicit Array(const std::vector<T>& from) : count(from.size()) {
        OK(cuMemAlloc_v2(&address, count * sizeof(T)));
        OK(cuMemcpyHtoD_v2(address, from.data(), count * sizeof(T)));
        OK(cuStreamSynchronize(nullptr));  // a stream of the test's own does not wait for the default stream
    }
    std::vector<T> read() const {
        std::vector<T> to(count);
        OK(cuMemcpyDtoH_v2(to.data(), address, count * sizeof(T)));
        return to;
    }
};

inline void* stream() {
    void* s;
    OK(cuStreamCreate(&s, 1));
    return s;
}

// A kernel as the host gets it: by NVRTC and a module.
inline void* kernel(const char* file, const char* name) {
    void *program, *module, *function = nullptr;
    OK(nvrtcCreateProgram(&program, "", file, 0, nullptr, nullptr));
    OK(nvrtcAddNameExpression(program, name));
    OK(nvrtcCompileProgram(program, 0, nullptr));
    size_t bytes = 0;
    OK(nvrtcGetCUBINSize(program, &bytes));
    std::string image(bytes, 0);
    OK(nvrtcGetCUBIN(program, image.data()));
    const char* lowered;
    OK(nvrtcGetLoweredName(program, name, &lowered));
    OK(cuModuleLoadData(&module, image.data()));
    OK(cuModuleGetFunction(&function, module, lowered));
    OK(nvrtcDestroyProgram(&program));
    return function;
}

// Returns the result of the launch or, if that succeeded, of waiting for it.
template <class... Args>
int launch(void* function, unsigned blocks, unsigned threads, unsigned shared, Args... args) {
    void* arguments[] = {&args...};
    const int result = cuLaunchKernel(function, blocks, 1, 1, threads, 1, 1, shared, nullptr, arguments, nullptr);
    return result ? result : cuCtxSynchronize();
}

struct Test {
    const char* name;
    void (*run)();
};
extern const std::vector<Test> semantics_tests, check_tests, coalescing_tests;
