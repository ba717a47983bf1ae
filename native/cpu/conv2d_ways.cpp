#include "conv2d_ways.h"

#include "conv2d_depthwise.h"
#include "conv2d_in_place.h"
#include "conv2d_pairs.h"
#include "conv2d_rows.h"
#include "conv2d_winograd.h"

#include <cstdlib>
#include <stdexcept>
#include <string>

namespace nt::conv {
namespace {

// What neither Winograd's way nor products in place take, the direct convolutions do below AVX-512. oneDNN's AVX-512 code is much better
// than its AVX2 code and keeps those machines, but for weight gradients of strided kernels and of 1×1 ones over many channels.
#if defined(__AVX512F__)
constexpr bool prefer_direct = false;
constexpr const char* direct_name = "direct:avx512";
#elif defined(__AVX2__)
constexpr bool prefer_direct = true;
constexpr const char* direct_name = "direct:avx2";
#else
constexpr bool prefer_direct = true;
constexpr const char* direct_name = "direct";
#endif

// Measured on Zen 3 (AVX2) against oneDNN, the direct convolutions win but for the forward pass where a tile sums few numbers
// before it is written: 1×1 kernels, and strided ones over few channels.
bool direct_is_faster(const nt_conv2d_shape& s, Pass pass) {
    const bool few = s.kh * s.kw == 1 || (s.stride > 1 && s.ic <= 16);
    const bool many = s.stride > 1 ? s.ic >= 16 : s.kh * s.kw == 1 && s.ic * s.oc >= 48 * 64;
    if (!prefer_direct) return pass == Pass::backward_weight && many;
    return !(pass == Pass::forward && few);
}

// What oneDNN 2.6 computes wrongly of bfloat16 maps: data gradients of 1×1 kernels with an odd number of outputs, for maps of some sizes
// (60×60, 30×30, 10×12); weight gradients of maps narrower than the stride, which numbers from unwritten memory enter.
bool library_errs(const nt_conv2d_shape& s, Pass pass, Type type) {
    if (type != Type::bf16) return false;
    if (pass == Pass::backward_data) return s.kh * s.kw == 1 && s.oc / s.groups % 2 == 1;
    return pass == Pass::backward_weight && s.w < s.stride;
}

// What NATIVETRAIN_CONV asks for; empty where it does not.
std::string forced_way() {
    const char* value = std::getenv("NATIVETRAIN_CONV");
    const std::string way = value ? value : "";
    for (const char* known : {"", "onednn", "direct", "in_place", "pairs", "rows", "winograd"})
        if (way == known) return way;
    throw std::invalid_argument("NATIVETRAIN_CONV must be onednn, direct, in_place, pairs, rows or winograd");
}

}  // namespace

Way way_of(const nt_conv2d_shape& s, Pass pass, Type type) {
    const bool computed = onednn::computes(type);
    const Way library = !computed ? Way::widened : !library_errs(s, pass, type) ? Way::onednn : s.groups == 1 ? Way::direct : Way::widened;
    const bool in_place = type == Type::f32 && in_place::computes(s, pass);
    const bool pairs = pass == Pass::backward_weight && type == Type::bf16 && computed && pairs::computes(s);
    const bool rows = rows::computes(s, pass, type);
    const std::string forced = forced_way();
    if (s.groups != 1) {
        if (!depthwise::computes(s, pass)) return library;
        const bool wanted = forced.empty() ? !computed || depthwise::is_faster(s, pass) : forced != "onednn";
        return wanted ? Way::depthwise : library;
    }
    // The direct convolutions convert block by block what the library would want converted as whole images.
    if (forced.empty()) {
        const bool winograd = winograd::is_faster(s, pass, computed && type != Type::f32);
        if (pairs && pairs::is_faster(s, winograd)) return Way::pairs;
        if (rows && rows::is_faster(s, pass, type, winograd)) return Way::rows;
        if (winograd) return Way::winograd;
        if (in_place && in_place::is_faster) return Way::in_place;
        return !computed || (type == Type::f32 && direct_is_faster(s, pass)) ? Way::direct : library;
    }
    if (forced == "onednn") return library;
    if (forced == "in_place" && in_place) return Way::in_place;
    if (forced == "pairs" && pairs) return Way::pairs;
    if (forced == "rows" && rows) return Way::rows;
    if (forced == "winograd" && winograd::computes(s)) return Way::winograd;
    return Way::direct;
}

const char* name_of(Way way) {
    switch (way) {
        case Way::direct: return direct_name;
        case Way::depthwise: return depthwise::name;
        case Way::in_place: return in_place::name;
        case Way::pairs: return pairs::name;
        case Way::rows: return rows::name;
        case Way::winograd: return "winograd";
        default: return nullptr;
    }
}

}  // namespace nt::conv
