#include "warp.h"
#include "block.h"

namespace emu {

unsigned long long shuffle(unsigned mask, unsigned long long bits, unsigned source) {
    const unsigned words[] = {static_cast<unsigned>(bits), static_cast<unsigned>(bits >> 32), source};
    const unsigned* mine = exchange(mask, words, 3, [](Row* rows, unsigned) {
        for (unsigned lane = 0; lane < 32; lane++) {
            const unsigned from = rows[lane][2] < 32 ? rows[lane][2] : lane;
            rows[lane][3] = rows[from][0];
            rows[lane][4] = rows[from][1];
        }
    }, __builtin_return_address(0));
    return mine[3] | static_cast<unsigned long long>(mine[4]) << 32;
}

unsigned ballot(unsigned mask, bool vote) {
    const unsigned word = vote;
    return *exchange(mask, &word, 1, [](Row* rows, unsigned lanes) {
        unsigned votes = 0;
        for (unsigned lane = 0; lane < 32; lane++) votes |= (lanes >> lane & 1 && rows[lane][0]) ? 1u << lane : 0u;
        for (unsigned lane = 0; lane < 32; lane++)
            if (lanes >> lane & 1) rows[lane][0] = votes;
    }, __builtin_return_address(0));
}

void sync_warp(unsigned mask) { exchange(mask, nullptr, 0, nullptr, __builtin_return_address(0)); }

}  // namespace emu
