// Notices that a rank has died or stands still. Each rank has a thread that sends a beat to the next rank once in a while and listens for
// those of the rank before it: a ring, so that a beat costs one message a rank, however many there are. A rank whose beats stay
// out for too long is named by its listener, which then ends the whole run. A launcher notices a process that is gone by
// itself, most of the time; a stopped process, a dead machine or a broken network only the beats tell.
#define _GNU_SOURCE
#include "ranks.h"

#include <pthread.h>
#include <stdatomic.h>
#include <stdio.h>
#include <time.h>

enum { beat_tag = 1, farewell_tag = 2 };
enum { rank_lost = 4 };  // the run's exit code

static pthread_t thread;
static atomic_int stopping;
static int running, own_rank, ranks;
static double patience;
static char host_before[256];

static void send_to_next(int tag) {
    static char nothing;
    MPI_Request request;
    if (MPI_Isend(&nothing, 0, MPI_CHAR, (own_rank + 1) % ranks, tag, ntmpi_beats, &request) == MPI_SUCCESS) MPI_Request_free(&request);
}

// Takes what has come; returns whether there was a beat, and notes a farewell.
static int listen_to_previous(int* farewell) {
    const int previous = (own_rank + ranks - 1) % ranks;
    for (int any = 0;; any = 1) {
        int there = 0;
        MPI_Status status;
        if (MPI_Iprobe(previous, MPI_ANY_TAG, ntmpi_beats, &there, &status) != MPI_SUCCESS || !there) return any;
        char nothing;
        MPI_Recv(&nothing, 0, MPI_CHAR, previous, status.MPI_TAG, ntmpi_beats, MPI_STATUS_IGNORE);
        if (status.MPI_TAG == farewell_tag) *farewell = 1;
    }
}

static void* beat(void* unused) {
    (void)unused;
    const double every = patience / 10 < 1 ? patience / 10 : 1;
    double sent = 0, awake = ntmpi_now(), heard = ntmpi_now();
    int farewell = 0;
    while (1) {
        const int last = atomic_load(&stopping);
        ntmpi_lock();
        if (last || ntmpi_now() - sent >= every) {
            send_to_next(last ? farewell_tag : beat_tag);
            sent = ntmpi_now();
        }
        if (listen_to_previous(&farewell)) heard = ntmpi_now();
        ntmpi_unlock();
        if (last) return NULL;
        // Where this process itself stood still (stopped, swapped out), it heard nothing through no fault of the other's.
        if (ntmpi_now() - awake > patience / 2) heard = ntmpi_now();
        awake = ntmpi_now();
        if (!farewell && ntmpi_now() - heard > patience) {
            fprintf(stderr, "error: rank %d on %s has not answered for %.3g s: the run ends here; go on from its last checkpoint with train resume=\n",
                    (own_rank + ranks - 1) % ranks, host_before, patience);
            fflush(stderr);
            MPI_Abort(MPI_COMM_WORLD, rank_lost);
        }
        const struct timespec nap = {0, (long)(1e9 * every / 4)};
        nanosleep(&nap, NULL);
    }
}

// Starts the beats. seconds: how long a rank may be silent. previous: the machine of the rank before this one.
NTMPI_EXPORT int ntmpi_heartbeat_start(double seconds, const char* previous) {
    ntmpi_lock();
    MPI_Comm_rank(ntmpi_beats, &own_rank);
    MPI_Comm_size(ntmpi_beats, &ranks);
    ntmpi_unlock();
    if (ranks == 1 || running) return 0;
    patience = seconds;
    snprintf(host_before, sizeof host_before, "%s", previous);
    atomic_store(&stopping, 0);
    running = pthread_create(&thread, NULL, beat, NULL) == 0;
    return running ? 0 : -1;
}

// Ends them, in good order.
NTMPI_EXPORT void ntmpi_heartbeat_stop(void) {
    if (!running) return;
    atomic_store(&stopping, 1);
    pthread_join(thread, NULL);
    running = 0;
}
