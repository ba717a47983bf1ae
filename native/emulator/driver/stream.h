// Streams and events. Work is put into a stream's queue and done when somebody waits for it: streams take turns in a
// random order, each does its own work in the order in which it was given, and none passes an event that it waits for.
#pragma once
#include "result.h"

#include <deque>
#include <functional>
#include <memory>
#include <set>
#include <vector>

namespace emu {

// What an event stands for after it was recorded: everything that was in the stream before.
struct Mark {
    bool done;
    double time;  // seconds
};

struct Work {
    std::function<void()> run;          // throws Failure
    std::shared_ptr<Mark> after;        // not before this is done
    std::shared_ptr<Mark> sets;
};

struct Graph {
    std::vector<std::function<void()>> work;  // in the order in which it was captured, which is one that its streams allow
};

struct Capture;

struct Stream {
    bool blocking;  // waits for the default stream, and that for it
    std::deque<Work> queue;
    std::shared_ptr<Capture> capture;  // null: not capturing
};

struct Event {
    std::shared_ptr<Mark> mark;         // null: never recorded
    std::shared_ptr<Capture> captured;  // it was recorded in a stream that captures,
    Stream* stream;                     // this one
};

// While a stream captures, its work goes into a graph. Other streams join by waiting for its events, and must be waited
// for before the end.
struct Capture {
    Stream* origin;
    std::set<Stream*> unjoined;  // others that have work which nobody waits for yet
    Graph graph;
    bool broken;                 // by something that is not allowed meanwhile
};

// 0 is the default stream. Between it and the blocking streams work is done in the order in which it was given; streams made
// with CU_STREAM_NON_BLOCKING do not wait for it, nor it for them ("legacy default stream", CUDA Driver API).
Stream* stream_of(void* handle);

// Does `run` when the stream comes to it. The function must keep what it needs; it runs with the driver unlocked.
void enqueue(Lock& lock, void* stream, std::function<void()> run);

// The same, but not before what `last` stands for is done (null: at once), whatever stream that is in; `last` stands for
// this work from then on.
void enqueue_after(Lock& lock, void* stream, std::shared_ptr<Mark>& last, std::function<void()> run);

// Works until all is done that a stream was given.
void work_until_done(Lock& lock, Stream* stream);

// Works until the condition holds.
void work_until(Lock& lock, const std::function<bool()>& condition);
void work_until_idle(Lock& lock);

// One piece of work from any stream, or, where another thread is at one, its end. False: there is none that can be done.
bool work_once(Lock& lock);

// Throws, and breaks the captures, if there are any.
void require_no_capture();

void begin_capture(Stream* stream);
Graph end_capture(Stream* stream);

void destroy_all_streams(Lock& lock);

}  // namespace emu
