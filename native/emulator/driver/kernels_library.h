// The library of kernels beside this one: the fast or the checked one.
#pragma once

namespace emu {

void load_kernels();  // once; throws Failure

}  // namespace emu
