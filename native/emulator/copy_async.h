// cp.async on the CPU. A copy happens as late as it may: when its thread waits for the group that it belongs to. A
// kernel that forgets to wait, or waits for too few groups, therefore reads what was there before.
#pragma once
#include "block.h"

#include <cstring>
#include <vector>

namespace emu {

struct Copies {
    struct Copy {
        void* to;
        const void* from;  // null: zeros
    };
    std::vector<Copy> copies;
    std::vector<size_t> ends;  // of the groups, as counts of copies
};

inline Copies& copies_of_this_thread() {
    static thread_local Copies all[1024];
    return all[thread->number];
}

inline void copy_async16(void* to, const void* from, bool valid) {
    vector_access(to, 16, true);
    if (valid) vector_access(from, 16, false);
    copies_of_this_thread().copies.push_back({to, valid ? from : nullptr});
}

inline void copy_async_commit() {
    Copies& mine = copies_of_this_thread();
    mine.ends.push_back(mine.copies.size());
}

// Until at most `pending` groups, the latest ones, are under way.
inline void copy_async_wait(size_t pending) {
    Copies& mine = copies_of_this_thread();
    if (mine.ends.size() <= pending) return;
    const size_t groups = mine.ends.size() - pending, count = mine.ends[groups - 1];
    for (size_t i = 0; i < count; i++) {
        const auto& copy = mine.copies[i];
        copy.from ? std::memcpy(copy.to, copy.from, 16) : std::memset(copy.to, 0, 16);
    }
    mine.copies.erase(mine.copies.begin(), mine.copies.begin() + static_cast<std::ptrdiff_t>(count));
    mine.ends.erase(mine.ends.begin(), mine.ends.begin() + static_cast<std::ptrdiff_t>(groups));
    for (size_t& end : mine.ends) end -= count;
}

}  // namespace emu
