// The processes of a training: who they are, and how they begin and end.
#define _GNU_SOURCE
#include "ranks.h"

#include <dlfcn.h>
#include <pthread.h>
#include <sched.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

MPI_Comm ntmpi_numbers = MPI_COMM_NULL, ntmpi_beats = MPI_COMM_NULL;

static pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;

void ntmpi_lock(void) { pthread_mutex_lock(&gate); }
void ntmpi_unlock(void) { pthread_mutex_unlock(&gate); }

double ntmpi_now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + 1e-9 * t.tv_nsec;
}

int ntmpi_wait(MPI_Request* request) {
    enum { eager_tests = 200 };
    static const double patience = 1;  // seconds until a wait is one for work and not for messages
    const double begin = ntmpi_now();
    for (long tests = 0;; tests++) {
        int done = 0;
        ntmpi_lock();
        const int status = MPI_Test(request, &done, MPI_STATUS_IGNORE);
        ntmpi_unlock();
        if (status != MPI_SUCCESS) return status;
        if (done) return MPI_SUCCESS;
        if (tests < eager_tests) continue;
        if (ntmpi_now() - begin < patience) {
            sched_yield();
        } else {
            const struct timespec nap = {0, 200000};
            nanosleep(&nap, NULL);
        }
    }
}

// Begins. Returns 0, an error of MPI's, or −1 where this MPI gives its threads no turns.
NTMPI_EXPORT int ntmpi_init(int* rank, int* size) {
    // Open MPI opens plug-ins that look for its symbols among those of the whole program; this library was opened for itself.
    Dl_info info;
    if (dladdr((void*)MPI_Init_thread, &info) && info.dli_fname) dlopen(info.dli_fname, RTLD_NOW | RTLD_GLOBAL | RTLD_NOLOAD);
    int given = 0;
    int status = MPI_Init_thread(NULL, NULL, MPI_THREAD_SERIALIZED, &given);
    if (status != MPI_SUCCESS) return status;
    if (given < MPI_THREAD_SERIALIZED) return -1;
    // Errors come back as codes, not as the end of the process.
    MPI_Comm_set_errhandler(MPI_COMM_WORLD, MPI_ERRORS_RETURN);
    if ((status = MPI_Comm_dup(MPI_COMM_WORLD, &ntmpi_numbers)) != MPI_SUCCESS) return status;
    if ((status = MPI_Comm_dup(MPI_COMM_WORLD, &ntmpi_beats)) != MPI_SUCCESS) return status;
    MPI_Comm_rank(MPI_COMM_WORLD, rank);
    MPI_Comm_size(MPI_COMM_WORLD, size);
    return MPI_SUCCESS;
}

NTMPI_EXPORT void ntmpi_finalize(void) {
    MPI_Comm_free(&ntmpi_beats);
    MPI_Comm_free(&ntmpi_numbers);
    MPI_Finalize();
}

// Ends all ranks.
NTMPI_EXPORT void ntmpi_abort(int code) { MPI_Abort(MPI_COMM_WORLD, code); }

// The machine's name, as MPI knows it.
NTMPI_EXPORT void ntmpi_host(char* name, int bytes) {
    char all[MPI_MAX_PROCESSOR_NAME];
    int length = 0;
    MPI_Get_processor_name(all, &length);
    snprintf(name, bytes, "%.*s", length, all);
}

// "Open MPI v4.1.4, …"
NTMPI_EXPORT void ntmpi_version(char* text, int bytes) {
    char all[MPI_MAX_LIBRARY_VERSION_STRING];
    int length = 0;
    MPI_Get_library_version(all, &length);
    snprintf(text, bytes, "%.*s", length, all);
}

// What an error code means.
NTMPI_EXPORT void ntmpi_error(int code, char* text, int bytes) {
    char all[MPI_MAX_ERROR_STRING];
    int length = 0;
    MPI_Error_string(code, all, &length);
    snprintf(text, bytes, "%.*s", length, all);
}
