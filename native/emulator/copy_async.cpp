#include "copy_async.h"
#include "async_copies.h"
#include "block.h"
#include "check/check.h"
#include "vector_access.h"

#include <cstring>

namespace emu {

void copy_async16(void* to, const void* from, bool valid) {
    if (check::running) check::copy_begins(to, valid ? from : nullptr, __builtin_return_address(0));
    check_alignment(to, 16, true);
    if (valid) check_alignment(from, 16, false);
    AsyncCopies& copies = async_copies();
    copies.pending.push_back({to, valid ? from : nullptr, copies.groups});
}

void copy_async_commit() { async_copies().groups++; }

void copy_async_wait(unsigned pending) {
    AsyncCopies& copies = async_copies();
    auto copy = copies.pending.begin();
    for (; copy != copies.pending.end() && copy->group + pending < copies.groups; ++copy) {
        if (check::running) check::copy_lands(copy->to, __builtin_return_address(0));
        copy->from ? std::memcpy(copy->to, copy->from, 16) : std::memset(copy->to, 0, 16);
    }
    copies.pending.erase(copies.pending.begin(), copy);
}

}  // namespace emu
