#include "nccl_communicator.h"

#include "widened.h"

#include <unistd.h>

#include <thread>

namespace emu {

namespace {

enum Kind : int { sum, gather, broadcast_from };
constexpr const char* names[] = {"ncclAllReduce", "ncclAllGather", "ncclBroadcast"};

constexpr int patience = 60;  // seconds in which all ranks must come

void pause(int turn) {
    if (turn < 64) std::this_thread::yield();
    else usleep(100);
}

// Widened's number of a type.
int widened(int type) { return type == ncclFloat16 ? 1 : type == ncclBfloat16 ? 2 : 0; }

}  // namespace

size_t bytes_of(int type) {
    switch (type) {
        case ncclUint8: return 1;
        case ncclFloat16:
        case ncclBfloat16: return 2;
        case ncclFloat32: return 4;
        default: return 0;
    }
}

Communicator::Communicator(const std::string& name, int rank, int size) : segment_(name, rank), rank_(rank), size_(size) {
    const time_t end = time(nullptr) + patience;
    for (int turn = 0; segment_.joined() < size; turn++) {
        if (time(nullptr) > end)
            throw Failure{CUDA_ERROR_UNKNOWN, "of " + std::to_string(size) + " ranks " + std::to_string(segment_.joined()) + " came within a minute"};
        pause(turn);
    }
    if (rank == 0) Segment::forget(name);
}

// Rank by rank, in floats, rounded once: the same bits everywhere and every time.
void Communicator::all_reduce(const void* from, void* to, size_t count, int type) {
    in_pieces({sum, type, 0, count}, static_cast<const char*>(from), [&](size_t begin, size_t n) {
        Widened total(widened(type), segment_.part(0), n);
        for (int r = 1; r < size_; r++) {
            Widened part(widened(type), segment_.part(r), n);
            for (size_t i = 0; i < n; i++) total.floats()[i] += part.floats()[i];
        }
        total.write_back(static_cast<char*>(to) + begin * bytes_of(type));
    });
}

void Communicator::all_gather(const void* from, void* to, size_t count, int type) {
    const size_t bytes = bytes_of(type);
    in_pieces({gather, type, 0, count}, static_cast<const char*>(from), [&](size_t begin, size_t n) {
        for (int r = 0; r < size_; r++)
            std::memcpy(static_cast<char*>(to) + (static_cast<size_t>(r) * count + begin) * bytes, segment_.part(r), n * bytes);
    });
}

void Communicator::broadcast(const void* from, void* to, size_t count, int type, int root) {
    in_pieces({broadcast_from, type, root, count}, rank_ == root ? static_cast<const char*>(from) : nullptr, [&](size_t begin, size_t n) {
        std::memcpy(static_cast<char*>(to) + begin * bytes_of(type), segment_.part(root), n * bytes_of(type));
    });
}

// A piece is offered when its rank's part holds it, and taken when that rank has read all parts: nobody overwrites before.
// Once more than there are numbers, so that every call meets, empty ones too.
void Communicator::in_pieces(const Call& call, const char* from, const Parts& use) {
    const size_t bytes = bytes_of(call.type), most = Segment::part_bytes / bytes;
    Segment::Slot& own = segment_.slot(rank_);
    size_t begin = 0;
    do {
        const size_t n = std::min(call.count - begin, most);
        own.call = call;
        if (from) std::memcpy(segment_.part(rank_), from + begin * bytes, n * bytes);
        own.offered = ++pieces_;
        if (!wait([&](int r) { return segment_.slot(r).offered >= pieces_; })) return;
        for (int r = 0; r < size_; r++)
            if (segment_.slot(r).call != call) {
                fail(ncclInvalidUsage, describe(r) + ", but " + describe(rank_));
                wait([](int) { return false; });
                return;
            }
        use(begin, n);
        own.taken = pieces_;
        if (!wait([&](int r) { return segment_.slot(r).taken >= pieces_; })) return;
        begin += n;
    } while (begin < call.count);
}

// Until it is so for all ranks. False: the communicator was aborted. As NCCL's do, an operation that can come to no end
// says so (error) and waits for that.
bool Communicator::wait(const std::function<bool(int rank)>& done) {
    for (int r = 0, turn = 0; r < size_;) {
        if (aborted_) return false;
        if (done(r)) {
            r++;
            continue;
        }
        // Once more after it is seen to be gone: its last words count.
        if (turn % 64 == 63 && error_ == ncclSuccess && segment_.gone(r) && !done(r))
            fail(ncclRemoteError, "rank " + std::to_string(r) + " has gone while rank " + std::to_string(rank_) + " waits for it in " + names[segment_.slot(rank_).call.kind]);
        pause(turn++);
    }
    return true;
}

void Communicator::fail(ncclResult_t error, const std::string& text) {
    std::lock_guard lock(text_mutex_);
    if (error_ != ncclSuccess) return;
    text_ = text;
    error_ = error;
}

std::string Communicator::error_text() {
    std::lock_guard lock(text_mutex_);
    return text_;
}

std::string Communicator::describe(int rank) const {
    const Call& call = const_cast<Segment&>(segment_).slot(rank).call;
    return "rank " + std::to_string(rank) + " calls " + names[call.kind] + " of " + std::to_string(call.count) + " numbers of type " + std::to_string(call.type);
}

}  // namespace emu
