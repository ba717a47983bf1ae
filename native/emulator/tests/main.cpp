// emulator_tests semantics | checks | coalescing: runs the tests, prints what fails, ends with 1 if something did.
#include "harness.h"

#include <cstring>

int failures;
std::string running_test;

struct Group {
    const char* name;
    int checked;
    const char* kernels;  // null: the project's own
    const std::vector<Test>& tests;
};

int main(int, char** arguments) {
    const Group groups[] = {
        {"semantics", 0, "libemulator_tests_kernels.so", semantics_tests},
        {"checks", 1, "libemulator_tests_kernels_checked.so", check_tests},
        {"coalescing", 1, nullptr, coalescing_tests},
    };
    const Group* group = nullptr;
    for (const Group& g : groups)
        if (arguments[1] && !std::strcmp(arguments[1], g.name)) group = &g;
    if (!group) return 2;
    const std::string program = arguments[0];
    emu_set_checked(group->checked);
    if (group->kernels) setenv("NATIVETRAIN_EMULATOR_KERNELS", (program.substr(0, program.rfind('/') + 1) + group->kernels).c_str(), 1);
    setenv("NATIVETRAIN_EMULATOR_MEMORY", "268435456", 1);
    for (const Test& test : group->tests) {
        running_test = test.name;
        Device device;
        test.run();
    }
    std::printf("%zu tests, %d failures\n", group->tests.size(), failures);
    return failures ? 1 : 0;
}
