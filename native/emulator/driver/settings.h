// What the environment says.
#pragma once
#include <cstddef>

namespace emu {

struct Settings {
    bool checked;                // NATIVETRAIN_EMULATOR=checked
    const char* kernels;         // NATIVETRAIN_EMULATOR_KERNELS: another library than the one beside this, or null
    unsigned long long memory;   // NATIVETRAIN_EMULATOR_MEMORY: bytes of the device; otherwise half of what the machine has to give
    unsigned threads;            // NATIVETRAIN_EMULATOR_THREADS: that run blocks; otherwise one a core; 1 where kernels are checked
    unsigned long long seed;     // NATIVETRAIN_EMULATOR_SEED: of the order of streams and threads; 0 is the natural order
};

const Settings& settings();  // read once

}  // namespace emu
