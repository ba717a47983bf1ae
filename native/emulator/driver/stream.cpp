#include "stream.h"
#include "settings.h"

#include <algorithm>
#include <condition_variable>
#include <set>
#include <utility>

namespace emu {

namespace {

constexpr unsigned non_blocking = 1;  // CU_STREAM_NON_BLOCKING

// Never destroyed: threads may be at work when the process ends.
Stream& default_stream = *new Stream;
std::set<Stream*>& streams = *new std::set<Stream*>{&default_stream};
std::condition_variable& idle = *new std::condition_variable;
bool working;
size_t waiting;                          // pieces of work in all queues
constexpr size_t queue_capacity = 1024;  // as on a GPU, the host cannot run ahead without end
unsigned long long random_state;

unsigned random(size_t below) {
    if (!random_state) random_state = settings().seed;
    random_state = random_state * 6364136223846793005ull + 1442695040888963407ull;
    return static_cast<unsigned>((random_state >> 33) % below);
}

double now() {
    timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return static_cast<double>(t.tv_sec) + static_cast<double>(t.tv_nsec) * 1e-9;
}

Stream* choose() {
    std::vector<Stream*> able;
    for (Stream* stream : streams)
        if (!stream->queue.empty() && (!stream->queue.front().after || stream->queue.front().after->done)) able.push_back(stream);
    return able.empty() ? nullptr : able[settings().seed ? random(able.size()) : 0];
}

void append(Stream* stream, Work work) {
    stream->queue.push_back(std::move(work));
    waiting++;
}

// What `second` is given from now on comes after what `first` was given.
void order(Stream* first, Stream* second) {
    if (first->queue.empty()) return;
    const auto mark = std::make_shared<Mark>();
    append(first, {nullptr, nullptr, mark});
    append(second, {nullptr, mark, nullptr});
}

void put(Lock& lock, Stream* stream, Work work) {
    while (waiting >= queue_capacity) work_once(lock);
    if (stream == &default_stream) {
        require_no_capture();
        for (Stream* other : streams)
            if (other->blocking) order(other, stream);
    } else if (stream->blocking) {
        order(&default_stream, stream);
    }
    append(stream, std::move(work));
}

Event* event_of(void* handle) {
    require(handle, "no event", CUDA_ERROR_INVALID_HANDLE);
    return static_cast<Event*>(handle);
}

}  // namespace

Stream* stream_of(void* handle) {
    if (!handle) return &default_stream;
    auto* stream = static_cast<Stream*>(handle);
    require(streams.contains(stream), "not a stream", CUDA_ERROR_INVALID_HANDLE);
    return stream;
}

void enqueue(Lock& lock, void* handle, std::function<void()> run) {
    Stream* stream = stream_of(handle);
    if (!stream->capture) return put(lock, stream, {std::move(run), nullptr, nullptr});
    stream->capture->graph.work.push_back(std::move(run));
    if (stream != stream->capture->origin) stream->capture->unjoined.insert(stream);
}

bool work_once(Lock& lock) {
    if (working) {
        idle.wait(lock);
        return true;
    }
    Stream* stream = choose();
    if (!stream) return false;
    Work work = std::move(stream->queue.front());
    stream->queue.pop_front();
    waiting--;
    working = true;
    if (work.run) {
        lock.unlock();
        try {
            work.run();
            lock.lock();
        } catch (const Failure& failure) {
            lock.lock();
            set_sticky(failure);
            for (Stream* s : streams) s->queue.clear();
            waiting = 0;
        }
    }
    if (work.sets) *work.sets = {true, now()};
    working = false;
    idle.notify_all();
    check_sticky();
    return true;
}

void enqueue_after(Lock& lock, void* handle, std::shared_ptr<Mark>& last, std::function<void()> run) {
    Stream* stream = stream_of(handle);
    if (stream->capture) return enqueue(lock, handle, std::move(run));  // a graph's work is done in the order of its capture
    auto mark = std::make_shared<Mark>();
    put(lock, stream, {std::move(run), std::exchange(last, mark), mark});
}

void work_until(Lock& lock, const std::function<bool()>& condition) {
    while (!condition())
        if (!work_once(lock)) throw Failure{CUDA_ERROR_UNKNOWN, "nothing is left that this could wait for"};
}

void work_until_done(Lock& lock, Stream* stream) {
    work_until(lock, [stream] { return stream->queue.empty() && !working; });
}

void work_until_idle(Lock& lock) {
    require_no_capture();
    work_until(lock, [] { return waiting == 0 && !working; });
}

void require_no_capture() {
    for (Stream* stream : streams)
        if (stream->capture) {
            stream->capture->broken = true;
            throw Failure{CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED, "not allowed while a stream captures"};
        }
}

void begin_capture(Stream* stream) {
    require(stream != &default_stream, "the default stream cannot capture", CUDA_ERROR_STREAM_CAPTURE_UNSUPPORTED);
    require(!stream->capture, "the stream captures already");
    stream->capture = std::make_shared<Capture>(Capture{stream, {}, {}, false});
}

Graph end_capture(Stream* stream) {
    const auto capture = stream->capture;
    require(capture && capture->origin == stream, "the stream did not begin a capture");
    for (Stream* s : streams)
        if (s->capture == capture) s->capture = nullptr;
    require(!capture->broken, "the capture was broken by an earlier call", CUDA_ERROR_STREAM_CAPTURE_INVALIDATED);
    require(capture->unjoined.empty(), "a stream that joined the capture has work that the first one does not wait for", CUDA_ERROR_STREAM_CAPTURE_UNJOINED);
    return std::move(capture->graph);
}

void destroy_all_streams(Lock& lock) {
    work_until(lock, [] { return !working; });
    streams.erase(&default_stream);
    for (Stream* stream : streams) delete stream;
    default_stream = {};
    streams = {&default_stream};
    waiting = 0;
}

}  // namespace emu

using namespace emu;

EMU_API CUresult cuStreamCreate(void** stream, unsigned flags) {
    return guarded(__func__, [&](Lock&) { *stream = *streams.insert(new Stream{!(flags & non_blocking), {}, nullptr}).first; });
}

// Work that is in the queue is done all the same.
EMU_API CUresult cuStreamDestroy_v2(void* handle) {
    return guarded(__func__, [&](Lock& lock) {
        Stream* stream = stream_of(handle);
        require(!stream->capture, "a stream that captures cannot be destroyed");
        work_until_done(lock, stream);
        streams.erase(stream);
        delete stream;
    });
}

EMU_API CUresult cuStreamSynchronize(void* handle) {
    return guarded(__func__, [&](Lock& lock) {
        Stream* stream = stream_of(handle);
        if (stream->capture) require_no_capture();
        if (stream == &default_stream)  // and for what it would have to wait for
            for (Stream* other : streams)
                if (other->blocking) order(other, stream);
        work_until_done(lock, stream);
    });
}

EMU_API CUresult cuStreamQuery(void* handle) {
    return guarded(__func__, [&](Lock& lock) {
        Stream* stream = stream_of(handle);
        if (stream->capture) require_no_capture();
        if (!stream->queue.empty()) work_once(lock);
        require(stream->queue.empty() && !working, "", CUDA_ERROR_NOT_READY);
    });
}

EMU_API CUresult cuStreamWaitEvent(void* handle, void* e, unsigned) {
    return guarded(__func__, [&](Lock& lock) {
        Stream* stream = stream_of(handle);
        Event* event = event_of(e);
        if (const auto capture = event->captured) {
            require(!stream->capture || stream->capture == capture, "two captures cannot wait for each other");
            stream->capture = capture;
            capture->unjoined.erase(event->stream);
            if (stream != capture->origin) capture->unjoined.insert(stream);
            return;
        }
        require(!stream->capture, "a stream that captures cannot wait for an event that was recorded before");
        if (event->mark && !event->mark->done) put(lock, stream, {nullptr, event->mark, nullptr});
    });
}

EMU_API CUresult cuEventCreate(void** e, unsigned) {
    return guarded(__func__, [&](Lock&) { *e = new Event{}; });
}

EMU_API CUresult cuEventDestroy_v2(void* e) {
    delete static_cast<Event*>(e);
    return CUDA_SUCCESS;
}

EMU_API CUresult cuEventRecord(void* e, void* handle) {
    return guarded(__func__, [&](Lock& lock) {
        Stream* stream = stream_of(handle);
        Event* event = event_of(e);
        *event = {std::make_shared<Mark>(), stream->capture, stream};
        if (!stream->capture) put(lock, stream, {nullptr, nullptr, event->mark});
    });
}

EMU_API CUresult cuEventSynchronize(void* e) {
    return guarded(__func__, [&](Lock& lock) {
        Event* event = event_of(e);
        require(!event->captured, "the event was recorded in a capture", CUDA_ERROR_CAPTURED_EVENT);
        if (auto mark = event->mark) work_until(lock, [&] { return mark->done; });
    });
}

EMU_API CUresult cuEventQuery(void* e) {
    return guarded(__func__, [&](Lock& lock) {
        Event* event = event_of(e);
        require(!event->captured, "the event was recorded in a capture", CUDA_ERROR_CAPTURED_EVENT);
        auto mark = event->mark;
        if (mark && !mark->done) work_once(lock);
        require(!mark || mark->done, "", CUDA_ERROR_NOT_READY);
    });
}

EMU_API CUresult cuEventElapsedTime(float* milliseconds, void* start, void* end) {
    return guarded(__func__, [&](Lock&) {
        const auto a = event_of(start)->mark, b = event_of(end)->mark;
        require(a && b, "an event that was not recorded", CUDA_ERROR_INVALID_HANDLE);
        require(a->done && b->done, "", CUDA_ERROR_NOT_READY);
        *milliseconds = static_cast<float>((b->time - a->time) * 1e3);
    });
}
