// Ranks that add up and gather numbers through a segment, piece by piece, in the order of their calls.
#pragma once
#include "nccl_segment.h"

#include "../driver/stream.h"

#include <functional>
#include <mutex>

namespace emu {

// ncclResult_t, ncclDataType_t (those that are known here).
enum ncclResult_t : int {
    ncclSuccess = 0,
    ncclUnhandledCudaError = 1,
    ncclSystemError = 2,
    ncclInvalidArgument = 4,
    ncclInvalidUsage = 5,
    ncclRemoteError = 6,
};
enum ncclDataType_t : int { ncclUint8 = 1, ncclFloat16 = 6, ncclFloat32 = 7, ncclBfloat16 = 9 };

size_t bytes_of(int type);  // of a number; 0: not known here

class Communicator {
public:
    // Returns when all ranks have come. Throws Failure.
    Communicator(const std::string& name, int rank, int size);

    int size() const { return size_; }

    // The operations, which return when the rank has what it asked for, or the communicator was aborted.
    void all_reduce(const void* from, void* to, size_t count, int type);
    void all_gather(const void* from, void* to, size_t count, int type);
    void broadcast(const void* from, void* to, size_t count, int type, int root);

    void abort() { aborted_ = true; }

    // What went wrong beside the calls, and in words.
    ncclResult_t error() const { return error_; }
    std::string error_text();

    std::shared_ptr<Mark> last;  // the last operation that was asked for

private:
    using Parts = std::function<void(size_t begin, size_t count)>;  // of numbers, whose pieces lie in the segment
    void in_pieces(const Call& call, const char* from, const Parts& use);
    bool wait(const std::function<bool(int rank)>& done);
    void fail(ncclResult_t error, const std::string& text);
    std::string describe(int rank) const;

    Segment segment_;
    const int rank_, size_;
    unsigned long long pieces_ = 0;
    std::atomic<bool> aborted_ = false;
    std::atomic<ncclResult_t> error_ = ncclSuccess;
    std::mutex text_mutex_;
    std::string text_;
};

}  // namespace emu
