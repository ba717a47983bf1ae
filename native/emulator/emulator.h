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

/* Counts from zero on, or no longer. Only checked kernels are counted. */
void emu_count(int on);

/* Fills up to `capacity` entries, one a kernel, by name; returns how many kernels there are. The names stay until emu_count
   is called. */
size_t emu_read_counters(emu_counters* to, size_t capacity);

#ifdef __cplusplus
}
#endif
