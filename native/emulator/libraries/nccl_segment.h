// Memory that the ranks of a communicator share: processes of one machine. It has no name any more once all have come, so
// nothing is left behind however they end.
#pragma once
#include <atomic>
#include <cstddef>
#include <string>

namespace emu {

// What an operation is; ranks must ask for the same.
struct Call {
    int kind, type, root;
    size_t count;
    bool operator==(const Call&) const = default;
};

class Segment {
public:
    static constexpr int most_ranks = 64;
    static constexpr size_t part_bytes = 1 << 20;  // of a rank

    // Memory under a new name, which can be guessed by nobody and opened by this user alone. Throws Failure.
    static std::string create();

    // Opens it as a rank. Throws Failure.
    Segment(const std::string& name, int rank);
    ~Segment();
    Segment(const Segment&) = delete;
    Segment& operator=(const Segment&) = delete;

    // The name is of no more use.
    static void forget(const std::string& name);

    struct alignas(64) Slot {
        std::atomic<unsigned long long> offered, taken;  // pieces that the rank has put into its part, and has read of all parts
        Call call;
    };
    Slot& slot(int rank);
    char* part(int rank);

    // Ranks that have opened it.
    int joined() const;

    // Whether a rank that had come has gone. The system tells, however its process ended: each holds a lock on a byte.
    bool gone(int rank) const;

private:
    struct Head;
    static size_t bytes();

    int file_;
    Head* head_;
};

}  // namespace emu
