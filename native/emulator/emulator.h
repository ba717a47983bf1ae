/* What the emulator exports beside the functions of CUDA. Plain C. */
#pragma once
#ifdef __cplusplus
extern "C" {
#endif

/* What the last call that failed found wrong; a failed kernel with its block, thread and source line. Empty at first. The
   text stays until the calling thread asks again. */
const char* emu_report(void);

#ifdef __cplusplus
}
#endif
