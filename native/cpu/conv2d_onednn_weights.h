// Float weights as a bfloat16 primitive of oneDNN wants them.
// Its layouts are blocks of channels, pairs of which lie side by side, for VDPBF16PS multiplies pairs. Where a number lies is a sum of what
// its output channel, its tap and its input channel each add, so three tables tell the layout. oneDNN's own reorder goes number by number,
// which takes a third of its convolutions' time where maps are small.
#pragma once
#include "conv2d_onednn.h"

#include <cstdint>
#include <vector>

namespace nt::conv::onednn {

class WeightLayout {
public:
    WeightLayout() = default;
    // Of a convolution's weights as a primitive wants them.
    WeightLayout(const nt_conv2d_shape& s, const Desc& weights);

    // Whether pack computes it: bfloat16, of one group, in pairs, no padding but of output channels.
    bool packs() const { return pairs_ != Pairs::none; }
    // Output channels, with the padding.
    int rows() const { return rows_.size(); }

    // w, [o][tap][i], for the rows [first, last), both even.
    void pack(const float* w, int first, int last, void* packed) const;

private:
    enum class Pairs { none, of_inputs, of_outputs };

    void find_pairs();

    Pairs pairs_ = Pairs::none;
    int outputs_ = 0;  // output channels without the padding
    std::vector<int32_t> rows_, taps_, columns_;  // what an output channel, a tap and an input channel add, in numbers
    std::vector<int32_t> pair_columns_;           // a pair of input channels, in pairs
};

}  // namespace nt::conv::onednn
