// cp.async of sm_80: a copy from global to shared memory that goes on while the thread does other things. Here it is
// made only when it is waited for, the latest moment that the hardware allows: a kernel that forgets to wait, or waits
// for too few groups, reads what lay there before.
#pragma once

namespace emu {

// 16 bytes, at a multiple of 16; zeros where not `valid`.
void copy_async16(void* to, const void* from, bool valid);

// Makes a group of the copies begun since the last.
void copy_async_commit();

// Waits until at most `pending` of the latest groups are still on their way.
void copy_async_wait(unsigned pending);

}  // namespace emu
