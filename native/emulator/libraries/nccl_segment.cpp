#include "nccl_segment.h"

#include "../driver/result.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/random.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace emu {

struct Segment::Head {
    std::atomic<int> joined;
    Slot slots[most_ranks];
};

namespace {

constexpr size_t page = 4096;

[[noreturn]] void fail(const std::string& what) { throw Failure{CUDA_ERROR_UNKNOWN, what + ": " + std::strerror(errno)}; }

// A lock on the byte of a rank, which the system gives up with the file's last descriptor: when the process ends.
struct flock byte_of(int rank) {
    struct flock lock {};
    lock.l_type = F_WRLCK;
    lock.l_whence = SEEK_SET;
    lock.l_start = rank;
    lock.l_len = 1;
    return lock;
}

}  // namespace

size_t Segment::bytes() { return (sizeof(Head) + page - 1) / page * page + most_ranks * part_bytes; }

std::string Segment::create() {
    unsigned long long random[2];
    if (getrandom(random, sizeof random, 0) != sizeof random) fail("no random name");
    char name[64];
    std::snprintf(name, sizeof name, "/nativetrain-nccl-%016llx%016llx", random[0], random[1]);
    const int file = shm_open(name, O_RDWR | O_CREAT | O_EXCL, 0600);
    if (file < 0) fail("no shared memory");
    const int failed = ftruncate(file, static_cast<off_t>(bytes()));  // zeros, which take no memory until they are written
    close(file);
    if (failed) fail("no shared memory");
    return name;
}

Segment::Segment(const std::string& name, int rank) {
    file_ = shm_open(name.c_str(), O_RDWR, 0);
    if (file_ < 0) fail("the unique id is not of this machine, or its ranks have all come");
    struct flock lock = byte_of(rank);
    if (fcntl(file_, F_OFD_SETLK, &lock) != 0) {
        close(file_);
        throw Failure{CUDA_ERROR_INVALID_VALUE, "there is a rank " + std::to_string(rank) + " already"};
    }
    void* memory = mmap(nullptr, bytes(), PROT_READ | PROT_WRITE, MAP_SHARED, file_, 0);
    if (memory == MAP_FAILED) {
        close(file_);
        fail("no shared memory");
    }
    head_ = static_cast<Head*>(memory);
    head_->joined++;
}

Segment::~Segment() {
    munmap(head_, bytes());
    close(file_);
}

void Segment::forget(const std::string& name) { shm_unlink(name.c_str()); }

Segment::Slot& Segment::slot(int rank) { return head_->slots[rank]; }

char* Segment::part(int rank) { return reinterpret_cast<char*>(head_) + bytes() - static_cast<size_t>(most_ranks - rank) * part_bytes; }

int Segment::joined() const { return head_->joined; }

bool Segment::gone(int rank) const {
    struct flock lock = byte_of(rank);
    return fcntl(file_, F_OFD_GETLK, &lock) == 0 && lock.l_type == F_UNLCK;
}

}  // namespace emu
