/* What the emulator exports beside the functions of CUDA. Plain C. */
#pragma once
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What the last call that failed found wrong; a failed kernel with its block, thread and source line. Empty at first. The
   text stays until the calling thread asks again. */
const char* emu_report(void);

/* What a kernel asked of memory. A request is a load or store that the lanes of a warp make together. */
typedef struct emu_counters {
    const char* kernel; /* as in its KERNEL line, without blanks */
    unsigned long long launches;
    unsigned long long global_requests;
    unsigned long long global_sectors;    /* that the requests touch: the memory moves 32 bytes at a time */
    unsigned long long global_bytes;      /* that they want; 32 * global_sectors where nothing is moved in vain */
    unsigned long long shared_requests;
    unsigned long long shared_wavefronts; /* turns that shared memory's 32 banks, 4 bytes wide, take for them */
    unsigned long long shared_ideal;      /* without bank conflicts */
} emu_counters;

/* Takes the checked kernels or the fast ones, whatever NATIVETRAIN_EMULATOR says. Before cuInit is first called. */
void emu_set_checked(int on);

/* After so many more calls of a function, of the driver or a library, so many times (0: never) it does nothing and returns
   `status`, a value of its own library's. For trying what a GPU does rarely: emu_fail("cudnnConvolutionForward", 0, 1, 2). */
void emu_fail(const char* function, int calls_before, int times, int status);

/* The device has this value of a CUdevice_attribute from now on. */
void emu_set_attribute(int attribute, int value);

/* Counts from zero on, or no longer. Only checked kernels are counted. */
void emu_count(int on);

/* Fills up to `capacity` entries, one a kernel, by name; returns how many kernels there are. The names stay until emu_count
   is called. */
size_t emu_read_counters(emu_counters* to, size_t capacity);

#ifdef __cplusplus
}
#endif
