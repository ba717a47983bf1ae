// The compute threads: one pool for the process, which all ops and, through them, oneDNN work on.
#pragma once
#include <type_traits>

namespace nt {

// How many threads share an op's work: what set_thread_count chose; at first OMP_NUM_THREADS or, without it, one per core that this
// process may use.
int thread_count();
void set_thread_count(int count);

// Calls body(state, t) on the threads t = 0 … thread_count() - 1 at once, of which the calling one is 0, and comes back when all are done.
// Where the pool has other work (that of a body which calls this again, or of another caller), only body(state, 0) is called: it must do
// whatever the others leave undone. The body does not throw.
void on_all_threads(void (*body)(void* state, int thread), void* state);

template <class Body>
void on_all_threads(Body&& body) {
    on_all_threads([](void* state, int thread) { (*static_cast<std::remove_reference_t<Body>*>(state))(thread); }, &body);
}

// Makes a library that the calling thread calls and that has OpenMP's threads (oneDNN) work on this thread alone: what it shares among
// threads are whole calls.
void keep_libraries_alone();

}  // namespace nt
