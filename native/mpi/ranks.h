// What the files of this library share: communicators, and the lock that lets one thread at a time into MPI.
#pragma once
#include <mpi.h>

// Numbers (tensors, the host's) and heartbeats never meet: each has a communicator of its own.
extern MPI_Comm ntmpi_numbers, ntmpi_beats;

// The library is initialised as MPI_THREAD_SERIALIZED: the training's thread and the heartbeat's take turns. No call is made
// under the lock that could wait for another rank.
void ntmpi_lock(void);
void ntmpi_unlock(void);

// Waits for a request by testing it again and again, the lock free in between. The first tests follow one another at once; then the
// core is given to whoever wants it, for ranks may share cores; a rank that waits long, for another's work, sleeps in between. (Large sums come
// in pieces, each of which waits for a test: a sleep for each would cost more than the sum.)
int ntmpi_wait(MPI_Request* request);

// Seconds, from some moment on.
double ntmpi_now(void);

// Starts a collective under the lock and waits for it without.
#define NTMPI_FINISH(call)                                        \
    MPI_Request request;                                          \
    ntmpi_lock();                                                 \
    int status_ = call;                                           \
    ntmpi_unlock();                                               \
    return status_ == MPI_SUCCESS ? ntmpi_wait(&request) : status_

#define NTMPI_EXPORT __attribute__((visibility("default")))
