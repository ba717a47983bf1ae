#include "conv2d_onednn_weights.h"
#include "simd_pairs.h"

#ifdef __AVX512BF16__
#include <immintrin.h>
#endif

namespace nt::conv::onednn {
namespace {

// What index `at` of a dimension adds to a number's place (oneDNN's documentation of dnnl_blocking_desc_t): its inner blocks, the last of
// which is the densest, then the stride of whole blocks.
int32_t place_of(const dnnl_memory_desc_t& desc, int dimension, dnnl_dim_t at) {
    const auto& blocking = desc.format_desc.blocking;
    dnnl_dim_t place = 0, step = 1;
    for (int b = blocking.inner_nblks - 1; b >= 0; b--) {
        if (blocking.inner_idxs[b] == dimension) {
            place += at % blocking.inner_blks[b] * step;
            at /= blocking.inner_blks[b];
        }
        step *= blocking.inner_blks[b];
    }
    return place + at * blocking.strides[dimension];
}

}  // namespace

WeightLayout::WeightLayout(const nt_conv2d_shape& s, const Desc& weights) {
    const dnnl_memory_desc_t& desc = weights.data;
    if (s.groups != 1 || desc.data_type != dnnl_bf16 || desc.format_kind != dnnl_blocked || desc.extra.flags || desc.offset0) return;
    for (int d = 1; d < desc.ndims; d++)
        if (desc.padded_dims[d] != desc.dims[d]) return;
    outputs_ = s.oc;
    for (int o = 0; o < desc.padded_dims[0]; o++) rows_.push_back(place_of(desc, 0, o));
    for (int k = 0; k < s.kh * s.kw; k++) taps_.push_back(place_of(desc, 2, k / s.kw) + place_of(desc, 3, k % s.kw));
    for (int i = 0; i < s.ic; i++) columns_.push_back(place_of(desc, 1, i));
    find_pairs();
}

void WeightLayout::find_pairs() {
#ifdef __AVX512BF16__
    const int oc = rows_.size(), ic = columns_.size();
    bool inputs = ic % lanes == 0, outputs = outputs_ == oc && oc % 2 == 0 && ic % lanes == 0;
    for (int i = 0; i < ic; i += 2) inputs = inputs && columns_[i] % 2 == 0 && columns_[i + 1] == columns_[i] + 1;
    for (int o : rows_) inputs = inputs && o % 2 == 0;
    for (int o = 0; outputs && o < oc; o += 2) outputs = rows_[o + 1] == rows_[o] + 1;
    for (int i = 0; outputs && i < ic; i++) outputs = columns_[i] == columns_[i / lanes * lanes] + 2 * (i % lanes);
    if (inputs)
        for (int i = 0; i < ic; i += 2) pair_columns_.push_back(columns_[i] / 2);
    pairs_ = inputs ? Pairs::of_inputs : outputs ? Pairs::of_outputs : Pairs::none;
#endif
}

#ifdef __AVX512BF16__

void WeightLayout::pack(const float* w, int first, int last, void* packed) const {
    uint16_t* const out = static_cast<uint16_t*>(packed);
    const int ic = columns_.size(), taps = taps_.size();
    const auto row = [&](int o, int k) { return w + (ptrdiff_t{o} * taps + k) * ic; };
    if (pairs_ == Pairs::of_outputs) {
        for (int o = first; o < last; o += 2)
            for (int k = 0; k < taps; k++) {
                const float *even = row(o, k), *odd = row(o + 1, k);
                uint16_t* to = out + rows_[o] + taps_[k];
                for (int i = 0; i < ic; i += lanes) _mm512_storeu_si512(to + columns_[i], (__m512i)narrow_pairs({load<Type::f32>(even + i), load<Type::f32>(odd + i)}));
            }
        return;
    }
    for (int o = first; o < last; o++)
        for (int k = 0; k < taps; k++) {
            const bool padding = o >= outputs_;
            const float* from = padding ? nullptr : row(o, k);
            uint16_t* to = out + rows_[o] + taps_[k];
            for (int i = 0; i < ic; i += lanes) {
                const __m256i numbers = padding ? _mm256_setzero_si256() : (__m256i)narrow_bf16(load<Type::f32>(from + i));
                _mm256_i32scatter_epi32(to, _mm256_loadu_si256(reinterpret_cast<const __m256i*>(&pair_columns_[i / 2])), numbers, 4);
            }
        }
}

#else

void WeightLayout::pack(const float*, int, int, void*) const {}

#endif

}  // namespace nt::conv::onednn
