// What a warp's lanes do together: every lane of `mask` gives something and gets something.
#pragma once

namespace emu {

// 64 bits from lane `source` (32 and more: the lane's own).
unsigned long long shuffle(unsigned mask, unsigned long long bits, unsigned source);

unsigned ballot(unsigned mask, bool vote);

void sync_warp(unsigned mask);

}  // namespace emu
