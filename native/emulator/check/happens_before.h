// What a thread of a block knows to have happened before: everything before the block's last barrier, and of its own
// warp what the lanes had done when they last met, directly or through others (vector clocks, a clock a lane).
#pragma once
#include <algorithm>
#include <cstdint>
#include <vector>

namespace emu::check {

class HappensBefore {
public:
    void begin_block(unsigned warps) {
        epoch_ = 1;
        warps_.resize(warps);
        for (Warp& warp : warps_) warp.reset();
    }

    void threads_met() {
        epoch_++;
        for (Warp& warp : warps_) warp.reset();
    }

    void lanes_met(unsigned warp, unsigned mask) {
        auto& known = warps_[warp].known;
        unsigned latest[32] = {};
        for (unsigned lane = 0; lane < 32; lane++)
            if (mask >> lane & 1)
                for (unsigned i = 0; i < 32; i++) latest[i] = std::max(latest[i], known[lane][i]);
        for (unsigned lane = 0; lane < 32; lane++)
            if (mask >> lane & 1) {
                std::copy_n(latest, 32, known[lane]);
                known[lane][lane]++;
            }
    }

    // When, on its own clock, a thread is now.
    struct Stamp {
        uint64_t epoch : 20, thread : 12, clock : 32;
    };
    Stamp now(unsigned thread) const { return {epoch_ & 0xfffff, thread, warps_[thread / 32].known[thread % 32][thread % 32]}; }

    // Whether `thread` knows that the time of the stamp is past.
    bool is_past(Stamp stamp, unsigned thread) const {
        if (stamp.epoch != (epoch_ & 0xfffff) || stamp.thread == thread) return true;
        if (stamp.thread / 32 != thread / 32) return false;
        return warps_[thread / 32].known[thread % 32][stamp.thread % 32] >= stamp.clock;
    }

private:
    struct Warp {
        unsigned known[32][32];  // of each lane's clock, by each lane
        void reset() {
            for (auto& row : known) std::fill_n(row, 32, 0u);
            for (unsigned lane = 0; lane < 32; lane++) known[lane][lane] = 1;
        }
    };
    unsigned epoch_ = 1;
    std::vector<Warp> warps_;
};

}  // namespace emu::check
