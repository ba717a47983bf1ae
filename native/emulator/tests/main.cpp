// emulator_tests semantics | checks: runs the tests, prints what fails, ends with 1 if something did.
#include "harness.h"

#include <cstring>

int failures;
std::string running_test;

int main(int, char** arguments) {
    const bool checks = arguments[1] && !std::strcmp(arguments[1], "checks");
    const std::string here = std::string(arguments[0]).substr(0, std::string(arguments[0]).rfind('/') + 1);
    setenv("NATIVETRAIN_EMULATOR", checks ? "checked" : "fast", 1);
    setenv("NATIVETRAIN_EMULATOR_KERNELS", (here + (checks ? "libemulator_tests_kernels_checked.so" : "libemulator_tests_kernels.so")).c_str(), 1);
    setenv("NATIVETRAIN_EMULATOR_MEMORY", "268435456", 1);
    const auto& tests = checks ? check_tests : semantics_tests;
    for (const Test& test : tests) {
        running_test = test.name;
        Device device;
        test.run();
    }
    std::printf("%zu tests, %d failures\n", tests.size(), failures);
    return failures ? 1 : 0;
}
