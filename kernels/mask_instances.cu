// Lists every image's cells that are to learn an object, in their order (a stream compaction).
//
// Bytes: 28 a cell read. Threads: a block an image, which takes `threads` cells at a time: a warp's vote and the warps' counts
// tell each thread how many come before its cell.
#include "mask_maps.cuh"

namespace {
constexpr int threads = 512;
constexpr int warps = threads / warp_size;
}  // namespace

__global__ void mask_instances(MaskMaps m) {
    __shared__ int of_warp[warps];
    const int image = static_cast<int>(blockIdx.x), lane = threadIdx.x % warp_size, warp = threadIdx.x / warp_size;
    int found = 0;
    for (int begin = 0; begin < m.pyramid.cells; begin += threads) {
        const int cell = begin + threadIdx.x;
        const long long i = static_cast<long long>(image) * m.pyramid.cells + cell;
        const bool positive = cell < m.pyramid.cells && m.assigned[i].positive();
        const unsigned votes = __ballot_sync(full_warp, positive);
        if (lane == 0) of_warp[warp] = __popc(votes);
        __syncthreads();
        int before = found;
        for (int w = 0; w < warps; w++) {
            if (w < warp) before += of_warp[w];
            found += of_warp[w];
        }
        if (positive) {
            const CellPlace place(m.pyramid, i);
            const nt::CellTarget t = m.assigned[i];
            const long long offset = place.pixel * m.k;
            m.instances_of(image)[before + __popc(votes & ((1u << lane) - 1))] = {
                nt::MaskInstance::of(t.box, m.pyramid.width(), m.pyramid.height(), m.ph, m.pw), static_cast<int>(t.row) + 1,
                m.coefficient[place.level] + offset, m.coefficient_grad[place.level] + offset};
        }
        __syncthreads();
    }
    if (threadIdx.x == 0) m.count[image] = found;
}

KERNEL(mask_instances)
