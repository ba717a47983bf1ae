// Maps as the tiles that Winograd's convolution works on.
// A tile's numbers at the points of both dimensions are A::points² planes; those of many tiles in one plane are a matrix,
// [tile][channel], to be multiplied by the weights of that plane.
#pragma once
#include "conv2d.h"
#include "conv2d_image.h"
#include "conv2d_tile.h"
#include "nativetrain.h"
#include "parallel.h"
#include "winograd_transforms.h"
#include "workspace.h"

#include <algorithm>

namespace nt::conv::winograd {

#ifdef __AVX512BW__
constexpr int registers = 32;
#else
constexpr int registers = 16;
#endif

// Where a tile lies: in tiles, not pixels.
struct Position {
    int image, row, column;
};

// A map's tiles, image by image, row by row.
struct Tiles {
    int n, rows, columns;

    Tiles(int n, int h, int w, int outputs) : n(n), rows((h + outputs - 1) / outputs), columns((w + outputs - 1) / outputs) {}
    int64_t count() const { return int64_t{n} * rows * columns; }
    Position at(uint32_t tile) const {
        const uint32_t row = tile / columns;
        return {int(row / rows), int(row % rows), int(tile % columns)};
    }
    Position after(Position p) const {
        if (++p.column == columns) p.column = 0, p.row++;
        if (p.row == rows) p.row = 0, p.image++;
        return p;
    }
};

// Tiles are worked on in groups: each thread has groups of its own, or one group after the other is worked on by all threads.
// What a group's tiles have at the points, `floats` a tile before and after the product, should stay in a thread's L2 cache in the first case,
// with the weights as far as they leave room, and in the L3 cache in the second. Over many channels a thread's few tiles would not pay for the
// planes of weights that they are multiplied by, or for the planes of sums that they are added to, which come from the L3 cache or from memory
// for each group: the dozens to hundreds of a group for all threads do.
struct Groups {
    int64_t tiles, count;
    bool by_all_threads;
    int64_t unit = 1;  // tiles that stay together

    static Groups for_all_threads(int64_t tiles, int64_t floats) { return {tiles, most_tiles(l3_floats, floats, 1, tiles), true}; }

    static Groups for_each_thread(int64_t tiles, int64_t floats) { return {tiles, most_tiles(l2_floats, floats, 4, 6), false}; }

    // The same beside so many floats of weights, and of whole rows of tiles where one fits, whose pixels lie in one piece. As many groups for
    // each thread, some at least where there are tiles enough.
    static Groups for_each_thread(const Tiles& all, int64_t floats, int64_t weights) {
        constexpr int least = 4;  // groups of a thread
        const int64_t fit = most_tiles(l2_floats - weights, floats, 1, 4), threads = thread_count();
        Groups groups(all.count(), fit, false);
        if (all.columns <= fit) groups.unit = all.columns;
        const int64_t units = groups.tiles / groups.unit;
        const int64_t count = std::max((units - 1) / (fit / groups.unit) + 1, std::min(least * threads, (groups.tiles - 1) / max_rows_2 + 1));
        groups.count = std::min(((count - 1) / threads + 1) * threads, units);
        return groups;
    }

    int most() const { return ((tiles / unit - 1) / count + 1) * unit; }  // tiles of a group
    int64_t begin(int64_t group) const { return cut(tiles / unit, count, group) * unit; }

    // Calls body(group) for every group.
    template <class Body>
    void run(Body body) const {
        if (!by_all_threads) return parallel_for(count, body);
        for (int64_t group = 0; group < count; group++) body(group);
    }

    // Calls body(i) for every i in [0, parts), by those who work on a group.
    template <class Body>
    void each(int64_t parts, Body body) const {
        if (by_all_threads) return parallel_for(parts, body);
        for (int64_t i = 0; i < parts; i++) body(i);
    }

private:
    static constexpr int64_t l2_floats = 256 * 1024, l3_floats = 4096 * 1024;

    Groups(int64_t tiles, int64_t most, bool by_all_threads) : tiles(tiles), count((tiles - 1) / most + 1), by_all_threads(by_all_threads) {}

    // Tiles of a group that the cache holds: whole register tiles, of which it has `least` to `most`.
    static int64_t most_tiles(int64_t cache_floats, int64_t floats, int64_t least, int64_t most) {
        return std::clamp(cache_floats / floats / max_rows_2, least, most) * max_rows_2;
    }
};

// Whether groups for all threads take less time than groups for each; `weights`: c·out_c. Measured on Zen 5 with maps from memory, between 9 and
// 6400 tiles of 32 to 768 channels: outputs take 5 to 30 % less time where tiles are few for their weights; elsewhere up to 10 % more, over few
// channels twice as much. Weight gradients take 10 to 35 % less where partial ones outgrow the caches; with AVX2, whose products take twice as
// long, only where tiles are fewer still.
inline bool sharing_is_faster(int64_t tiles, int64_t weights, Pass pass) {
    if (pass != Pass::backward_weight) return weights > tiles * 400;
    constexpr bool avx512 = width == 16;
    return (avx512 && weights >= 256 * 256) || (weights >= 128 * 128 && weights > tiles * (avx512 ? 50 : 100));
}

// A thread's room for tiles at the points: one for all algorithms and passes.
inline float* tile_room(size_t floats) {
    thread_local Workspace workspace;
    return workspace.floats(floats);
}

// Distance from a plane to the next. A cache line more than the tiles take, lest the planes share sets of the caches.
inline ptrdiff_t plane_of(int tiles, int c) { return ptrdiff_t{tiles} * c + cache_line; }

// A transform as an object whose type says which it is, so that it is compiled into both_ways.
#define NT_TRANSFORM(function) [](const auto& from, auto& to) { function(from, to); }

// A pointer of which the compiler knows nothing. A transform reads and writes dozens of places at distances it is given: the compiler would
// work out all their addresses before the loop over the channels, far more than there are registers, and fetch each from the stack again.
template <class T>
inline __attribute__((always_inline)) T* unknown(T* p) {
    asm("" : "+r"(p));
    return p;
}

// Vectors of a grid as both_ways reads and writes them: from p on, a row's `right` numbers apart, a column's `down`.
template <Type type>
auto reading(const Element<type>* p, ptrdiff_t down, ptrdiff_t right) {
    return [=](int column) { return [p = unknown(p + column * right), down](int row) { return nt::load<type>(p + row * down); }; };
}
template <Type type>
auto writing(Element<type>* p, ptrdiff_t down, ptrdiff_t right) {
    return [=](int row) { return [p = unknown(p + row * down), right](int column, Vec v) { nt::store<type>(p + column * right, v); }; };
}

// Both directions of a transform from I to O numbers: from(column)(row) of what is read, to(row)(column, number).
// Rows of the result are made some at a time, so that the columns' half of the work stays in registers: what is read is read again
// for each of these groups, which takes less time than to put the half away and fetch it.
template <int I, int O, class Transform, class From, class To>
inline __attribute__((always_inline)) void both_ways(Transform transform, From from, To to) {
    constexpr int groups = registers >= 32 ? (I * O - 1) / (registers - 4) + 1 : 1, rows = (O - 1) / groups + 1;
    const auto group = [&]<int first>(std::integral_constant<int, first>) __attribute__((always_inline)) {
        constexpr int count = std::min(rows, O - first);
        Vec half[count][I];
#pragma GCC unroll 9
        for (int j = 0; j < I; j++) {
            Vec column[I], all[O];
            const auto column_at = from(j);
#pragma GCC unroll 9
            for (int i = 0; i < I; i++) column[i] = column_at(i);
            transform(column, all);
#pragma GCC unroll 9
            for (int i = 0; i < count; i++) half[i][j] = all[first + i];
        }
#pragma GCC unroll 9
        for (int i = 0; i < count; i++) {
            Vec result[O];
            transform(half[i], result);
            const auto put = to(first + i);
#pragma GCC unroll 9
            for (int j = 0; j < O; j++) put(j, result[j]);
        }
        if constexpr (groups > 1) asm volatile("" ::: "memory");  // else the compiler reads ahead for the next group, and puts away what it has no registers for
    };
    [&]<int... g>(std::integer_sequence<int, g...>) __attribute__((always_inline)) { (group(std::integral_constant<int, g * rows>{}), ...); }(std::make_integer_sequence<int, groups>{});
}

// Where a tile's vectors at the points lie: those of a point, and those of the next channels.
struct Place {
    ptrdiff_t point, channels;
};

// The I × I pixels from (top, left) on, zeros outside of the image, at the O × O points. zeros: c floats of them. The `fresh` columns of
// pixels from `next` on, which a later patch reads and this one does not, are fetched meanwhile.
template <int I, int O, int fresh, class Transform>
void patch_to_points(Transform transform, const Image& image, int top, int left, const void* next, const float* zeros, float* to, Place place) {
    with_type(image.map.type, [&](auto type_is) {
        constexpr Type type = type_is();
        using Number = Element<type>;
        const ptrdiff_t column = image.c, row = image.w * column;
        const Number* first = static_cast<const Number*>(image.map.p) + top * row + left * column;
        const bool inside = top >= 0 && left >= 0 && top + I <= image.h && left + I <= image.w;
        const Number* pixels[I][I] = {};
        if (!inside)
            for (int i = 0; i < I; i++)
                for (int j = 0; j < I; j++)
                    pixels[i][j] = top + i >= 0 && top + i < image.h && left + j >= 0 && left + j < image.w ? first + i * row + j * column : reinterpret_cast<const Number*>(zeros);
        for (int c = 0; c < image.c; c += width, to += place.channels) {
            const auto points = writing<Type::f32>(to, O * place.point, place.point);
            if (c * sizeof(Number) % 64 == 0)
#pragma GCC unroll 1
                for (int i = I - fresh; i < I; i++)
#pragma GCC unroll 9
                    for (int j = 0; j < fresh; j++) prefetch(static_cast<const Number*>(next) + i * row + j * column + c);
            if (inside) both_ways<I, O>(transform, reading<type>(first + c, row, column), points);
            else both_ways<I, O>(transform, [&](int j) { return [&, j](int i) { return nt::load<type>(pixels[i][j] + c); }; }, points);
        }
    });
}

}  // namespace nt::conv::winograd
