#include "settings.h"
#include "../emulator.h"
#include "result.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <optional>
#include <string>
#include <thread>

namespace emu {

namespace {

unsigned long long number(const char* name, unsigned long long otherwise) {
    const char* text = std::getenv(name);
    return text && *text ? std::strtoull(text, nullptr, 10) : otherwise;
}

// Beside what is free, what the system would give up of its caches.
unsigned long long available_memory() {
    std::ifstream file("/proc/meminfo");
    for (std::string word; file >> word;)
        if (unsigned long long kib = 0; word == "MemAvailable:" && file >> kib) return kib << 10;
    return 2ull << 30;
}

std::optional<bool> chosen;

Settings read() {
    const char* mode = std::getenv("NATIVETRAIN_EMULATOR");
    const bool checked = chosen.value_or(mode && !std::strcmp(mode, "checked"));
    return {
        .checked = checked,
        .kernels = std::getenv("NATIVETRAIN_EMULATOR_KERNELS"),
        .memory = number("NATIVETRAIN_EMULATOR_MEMORY", available_memory() / 2),
        .threads = checked ? 1 : static_cast<unsigned>(std::clamp<unsigned long long>(number("NATIVETRAIN_EMULATOR_THREADS", std::thread::hardware_concurrency()), 1, 256)),
        .seed = number("NATIVETRAIN_EMULATOR_SEED", 1),
    };
}

}  // namespace

const Settings& settings() {
    static const Settings s = read();
    return s;
}

}  // namespace emu

EMU_API void emu_set_checked(int on) { emu::chosen = on; }
