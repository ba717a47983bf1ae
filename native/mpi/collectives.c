// What ranks say to each other. All of it is begun without waiting and then tested for, so that a rank that waits still answers its
// heartbeat. Counts are ints, as in MPI: callers keep below 2³¹ numbers.
#include "ranks.h"

#include <stdint.h>
#include <stdlib.h>

struct ntmpi_pending {
    MPI_Request request;
};

// Sums floats over all ranks, in place. The result is there when ntmpi_pending_wait returns; *pending is then gone.
NTMPI_EXPORT int ntmpi_start_allreduce(float* numbers, int count, struct ntmpi_pending** pending) {
    *pending = malloc(sizeof(struct ntmpi_pending));
    if (!*pending) return MPI_ERR_NO_MEM;
    ntmpi_lock();
    const int status = MPI_Iallreduce(MPI_IN_PLACE, numbers, count, MPI_FLOAT, MPI_SUM, ntmpi_numbers, &(*pending)->request);
    ntmpi_unlock();
    if (status != MPI_SUCCESS) {
        free(*pending);
        *pending = NULL;
    }
    return status;
}

NTMPI_EXPORT int ntmpi_pending_wait(struct ntmpi_pending* pending) {
    const int status = ntmpi_wait(&pending->request);
    free(pending);
    return status;
}

// Lets communication that is under way go on: MPI moves only when it is called.
NTMPI_EXPORT int ntmpi_progress(void) {
    int any = 0;
    ntmpi_lock();
    const int status = MPI_Iprobe(MPI_ANY_SOURCE, MPI_ANY_TAG, ntmpi_numbers, &any, MPI_STATUS_IGNORE);
    ntmpi_unlock();
    return status;
}

NTMPI_EXPORT int ntmpi_broadcast(void* bytes, int count, int root) {
    NTMPI_FINISH(MPI_Ibcast(bytes, count, MPI_BYTE, root, ntmpi_numbers, &request));
}

// As many bytes of every rank, by rank.
NTMPI_EXPORT int ntmpi_allgather(const void* part, int count, void* all) {
    NTMPI_FINISH(MPI_Iallgather(part, count, MPI_BYTE, all, count, MPI_BYTE, ntmpi_numbers, &request));
}

// counts[r] bytes of rank r, to begin at begins[r].
NTMPI_EXPORT int ntmpi_allgather_varying(const void* part, int count, void* all, const int* counts, const int* begins) {
    NTMPI_FINISH(MPI_Iallgatherv(part, count, MPI_BYTE, all, counts, begins, MPI_BYTE, ntmpi_numbers, &request));
}

NTMPI_EXPORT int ntmpi_barrier(void) {
    NTMPI_FINISH(MPI_Ibarrier(ntmpi_numbers, &request));
}
