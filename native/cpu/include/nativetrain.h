// The CPU backend's C interface. Functions return 0, or after setting nt_last_error() NT_NO_MEMORY or 1 (bad arguments, a failing
// library), except where they return something else; none throws.
//
// Tensors are float32, row-major, except feature maps where a function takes `type`: 0 float32, 1 IEEE half,
// 2 bfloat16 (`void*` parameters are of that type). Everything is computed in float32, results are rounded to nearest even.
// A feature map is NHWC: `rows` = N·H·W pixels of C channels; where a function takes `ld`, pixels lie ld elements
// apart (a range of channels of a wider map); without one they are dense. Convolution weights are OHWI.
// Results overwrite the destination; `accumulate` != 0 adds to it instead, as the gradients of parameters (dw, db, dgamma, dbeta) always do.
// Results do not depend on the number of threads, except where a function says so.
#pragma once
#include <stddef.h>
#include <stdint.h>

#define NT_API __attribute__((visibility("default")))
enum { NT_NO_MEMORY = 2 };
#ifdef __cplusplus
extern "C" {
#endif

NT_API const char* nt_last_error(void);             // of the calling thread; "" before its first error

// --- runtime.cpp: threads and memory
NT_API int nt_set_threads(int count);               // compute threads of every later call, from whichever thread
NT_API int nt_get_threads(void);
// Addresses without memory, aligned to a huge page; memory behind some of them, zeros; taken away again; all given back.
// Sizes and places within are whole huge pages, of 2 MiB.
NT_API int nt_reserve(int64_t bytes, void** out);
NT_API int nt_commit(void* p, int64_t bytes);
NT_API int nt_release(void* p, int64_t bytes);
NT_API int nt_unreserve(void* p, int64_t bytes);
NT_API int nt_zero(void* p, int64_t bytes);
NT_API int nt_fill(float* p, int64_t n, float value);

// --- conv2d.cpp: x [n,h,w,ic], w [oc,kh,kw,ic/groups], bias [oc] or null, y [n,(h+2·pad-kh)/stride+1,(w+2·pad-kw)/stride+1,oc]
typedef struct {
    int32_t n, h, w, ic, oc, kh, kw, stride, pad, groups;
} nt_conv2d_shape;
// Of two maps one may be float32 where the other is not; the product's operands then have the 16-bit type, to which the
// weights are rounded too. Half beside bfloat16 is an error.
// Where oneDNN computes a pass (see nt_conv2d_implementation), its last bits may depend on the number of threads.
NT_API int nt_conv2d_forward(const nt_conv2d_shape* s, int type_x, const void* x, const float* w, const float* bias, int type_y, void* y);
NT_API int nt_conv2d_backward_data(const nt_conv2d_shape* s, int type_dy, const void* dy, const float* w, int type_dx, void* dx);
// db may be null.
NT_API int nt_conv2d_backward_weight(const nt_conv2d_shape* s, int type_x, const void* x, int type_dy, const void* dy, float* dw, float* db);
// pass: 0 forward, 1 backward data, 2 backward weight. The name lives as long as the library.
NT_API int nt_conv2d_implementation(const nt_conv2d_shape* s, int pass, int type, const char** name);
// What it computes: floating-point operations of its products, a multiply-add counting two (fewer than the formula's by Winograd's way), and the type of their factors.
NT_API int nt_conv2d_arithmetic(const nt_conv2d_shape* s, int pass, int type, int64_t* flops, int* factors);
// *computes: 1 where this processor multiplies numbers of the type, 0 where they are converted to float first.
NT_API int nt_conv2d_computes(int type, int* computes);

// --- conv2d_library.cpp: oneDNN's convolution alone, in memory of its own, to be timed beside ours.
// any_layout: 0 NHWC maps, 1 the layout that oneDNN likes best. *out is null where it does not multiply the type.
NT_API int nt_conv2d_library_open(const nt_conv2d_shape* s, int pass, int type, int any_layout, void** out);
NT_API int nt_conv2d_library_run(void* convolution);
NT_API const char* nt_conv2d_library_name(void* convolution);  // lives as long as it
NT_API void nt_conv2d_library_close(void* convolution);

// --- conv_transpose2d.cpp: x [n,h,w,ic], w [ic,kh,kw,oc], bias [oc] or null, y [n,(h-1)·stride+kh,(w-1)·stride+kw,oc]; pad 0, groups 1
NT_API int nt_conv_transpose2d_forward(const nt_conv2d_shape* s, int type_x, const void* x, const float* w, const float* bias, int type_y, void* y);
NT_API int nt_conv_transpose2d_backward_data(const nt_conv2d_shape* s, int type_dy, const void* dy, const float* w, int type_dx, void* dx);
NT_API int nt_conv_transpose2d_backward_weight(const nt_conv2d_shape* s, int type_x, const void* x, int type_dy, const void* dy, float* dw, float* db);

// --- batch_norm_statistics.cpp, batch_norm_act.cpp
// x dense; mean[c], invstd[c] = 1/sqrt(var+eps) of the batch; running = (1-momentum)·running + momentum·batch (variance unbiased).
NT_API int nt_batch_norm_statistics(int type, const void* x, int64_t rows, int c, float eps, float momentum,
                                    float* mean, float* invstd, float* running_mean, float* running_var);
NT_API int nt_batch_norm_invstd(const float* var, int c, float eps, float* invstd);
// y = act(gamma·(x-mean)·invstd + beta) + residual. act: 0 none, 1 SiLU. residual may be null.
// y2 (may be null): dense copy of y's channels [y2_begin, y2_begin + y2_count). x == y is allowed when ld_y == c.
NT_API int nt_batch_norm_act_forward(int type, const void* x, int64_t rows, int c, const float* mean, const float* invstd,
                                     const float* gamma, const float* beta, int act,
                                     const void* residual, int ld_residual, void* y, int ld_y,
                                     void* y2, int y2_begin, int y2_count);
// Recomputes the activation from x. dy2 [rows, dy2_count]: the gradient of y2, or null. dy may be null (only dy2 arrived). dx may be a dense dy.
NT_API int nt_batch_norm_act_backward(int type, const void* x, int64_t rows, int c, const float* mean, const float* invstd,
                                      const float* gamma, const float* beta, int act,
                                      const void* dy, int ld_dy, const void* dy2, int dy2_begin, int dy2_count,
                                      void* dx, float* dgamma, float* dbeta);
// The same in two halves, between which the sums of several processes are added up. The first leaves Σg and Σg·(x − mean) per channel in
// sums [2, c], and in a float dx what the second needs of it; to the second, sums are those over all processes, of all_rows pixels.
NT_API int nt_batch_norm_act_backward_sums(int type, const void* x, int64_t rows, int c, const float* mean, const float* invstd, const float* gamma, const float* beta, int act,
                                           const void* dy, int ld_dy, const void* dy2, int dy2_begin, int dy2_count, void* dx, float* dgamma, float* dbeta, float* sums);
NT_API int nt_batch_norm_act_backward_data(int type, const void* x, int64_t rows, int c, const float* mean, const float* invstd, const float* gamma, const float* beta, int act,
                                           const void* dy, int ld_dy, const void* dy2, int dy2_begin, int dy2_count, const float* sums, int64_t all_rows, void* dx);

// --- ranks.cpp
// parts [ranks, 2c + 1]: every rank's means, unbiased variances and number of pixels. Else as nt_batch_norm_statistics.
NT_API int nt_batch_norm_combine(const float* parts, int ranks, int c, float eps, float momentum, float* mean, float* invstd, float* running_mean, float* running_var);
// assigned [cells, 7]: nt_detection_loss::saved; sums [2]: Σ target scores, and the number of cells that learn an object.
NT_API int nt_loss_normalizers(const float* assigned, int64_t cells, float* sums);
// parts [ranks, 2]: every rank's sums; shares [2]: max(own, 1) / max(Σ, 1).
NT_API int nt_normalizer_shares(const float* parts, int ranks, int rank, float* shares);

// --- silu.cpp, multiply_add.cpp, add.cpp, copy.cpp, upsample.cpp, max_pool.cpp, u8_to_f32.cpp
// y = x·sigmoid(x)
NT_API int nt_silu_forward(int type, const void* x, int ld_x, void* y, int ld_y, int64_t rows, int c);
NT_API int nt_silu_backward(int type, const void* x, int ld_x, const void* dy, int ld_dy, void* dx, int ld_dx, int64_t rows, int c, int accumulate);
// x = x·0.999 + 0.001, `rounds` times; of a 16-bit type x += 2^-12·1, factors of the type, `rounds` (by 16) times
NT_API int nt_multiply_add(int type, float* x, int64_t n, int rounds);
// y = a + b; y may be a or b
NT_API int nt_add(int type, const void* a, int ld_a, const void* b, int ld_b, void* y, int ld_y, int64_t rows, int c);
NT_API int nt_copy(int type_x, const void* x, int ld_x, int type_y, void* y, int ld_y, int64_t rows, int c, int accumulate);
// y[i] = x[i], bytes[i] of each of `count` tensors
NT_API int nt_copy_all(int count, const void* const* x, void* const* y, const int64_t* bytes);
// x [n,h,w,c] -> y [n,2h,2w,c], nearest
NT_API int nt_upsample2x_forward(int type, const void* x, int ld_x, void* y, int ld_y, int n, int h, int w, int c);
NT_API int nt_upsample2x_backward(int type, const void* dy, int ld_dy, void* dx, int ld_dx, int n, int h, int w, int c, int accumulate);
// y [n,(h+2·pad-kernel)/stride+1,(w+2·pad-kernel)/stride+1,c], kernel <= 15, pad <= kernel/2; NaN counts as the maximum
// argmax (dense, as y; may be null in forward): row·kernel + column of the first maximum in its window
NT_API int nt_max_pool_forward(int type, const void* x, int ld_x, void* y, int ld_y, uint8_t* argmax, int n, int h, int w, int c, int kernel, int stride, int pad);
NT_API int nt_max_pool_backward(int type, const void* dy, int ld_dy, const uint8_t* argmax, void* dx, int ld_dx, int n, int h, int w, int c, int kernel, int stride, int pad, int accumulate);
// y = scale·x
NT_API int nt_u8_to_f32(const uint8_t* x, int type, void* y, int64_t n, float scale);

// --- softmax.cpp, matmul.cpp, attention.cpp
// y = softmax(x) over the channels of each row; backward reads y
NT_API int nt_softmax_forward(int type, const void* x, int ld_x, void* y, int ld_y, int64_t rows, int c);
NT_API int nt_softmax_backward(int type, const void* y, int ld_y, const void* dy, int ld_dy, void* dx, int ld_dx, int64_t rows, int c, int accumulate);
// c[m,n] = alpha·op(a)·op(b) + beta·c, op(a) [m,k], op(b) [k,n]
NT_API int nt_matmul(int transpose_a, int transpose_b, int64_t m, int64_t n, int64_t k, float alpha, const float* a, int64_t ld_a, const float* b, int64_t ld_b, float beta, float* c, int64_t ld_c);
// qkv [n,tokens,heads·(2·key_dim+head_dim)], per head q, k, v; y [n,tokens,heads·head_dim];
// p [n,heads,tokens,tokens] = softmax(q·kT/sqrt(key_dim)), kept for the backward pass
NT_API int nt_attention_forward(int type, const void* qkv, void* y, float* p, int n, int tokens, int heads, int key_dim, int head_dim);
NT_API int nt_attention_backward(int type, const void* qkv, const float* p, const void* dy, void* dqkv, int n, int tokens, int heads, int key_dim, int head_dim, int accumulate);

// --- detection_loss.cpp, detection_decode.cpp
typedef struct {
    int32_t levels, n, nc, reg_max, topk, targets;      // targets: rows of `target`
    int32_t h[8], w[8], stride[8];
    float alpha, beta, box_gain, cls_gain, dfl_gain;
    const float* box[8];                                // [n,h,w,4·reg_max] logits
    const float* cls[8];                                // [n,h,w,nc] logits
    float* box_grad[8];                                 // backward: overwritten, or accumulated into
    float* cls_grad[8];
    const float* target;                                // [targets,6] image, class (below n and nc), cx, cy, w, h (0…1); w = h = 0: no object
    float* items;                                       // [3] box, cls, dfl with gains
    float* loss;                                        // [1] (box+cls+dfl)·n
    float* saved;                                       // forward writes, backward reads: [n, Σ h·w, 7] x1 y1 x2 y2 (pixels), score, class, row among the image's targets (-1 background)
} nt_detection_loss;
NT_API int nt_detection_loss_forward(const nt_detection_loss* a);
NT_API int nt_detection_loss_backward(const nt_detection_loss* a, const float* dloss, int accumulate);
// y [n, Σ h·w, 4+nc]: cx, cy, w, h in pixels, and the classes' probabilities
NT_API int nt_detection_decode(int levels, int n, int nc, int reg_max, const int32_t* h, const int32_t* w, const int32_t* stride,
                               const float* const* box, const float* const* cls, float* y);

// --- mask_loss.cpp
typedef struct {
    int32_t levels, n, k;                               // k: prototypes
    int32_t h[8], w[8], stride[8];
    int32_t ph, pw;                                     // the prototypes' map
    float gain;
    const float* coefficient[8];                        // [n,h,w,k]
    float* coefficient_grad[8];                         // backward: accumulated into
    const float* prototype;                             // [n,ph,pw,k]
    float* prototype_grad;                              // backward: accumulated into
    const float* assigned;                              // nt_detection_loss::saved
    const int32_t* mask;                                // [n,ph,pw] 0 background, j+1 the image's target j
    float* item;                                        // [1] with the gain
    float* loss;                                        // [1] item·n
} nt_mask_loss;
NT_API int nt_mask_loss_forward(const nt_mask_loss* a);
NT_API int nt_mask_loss_backward(const nt_mask_loss* a, const float* dloss);

// --- global_avg_pool.cpp, dropout.cpp, cross_entropy.cpp: the classify head
// x [n,pixels,c] -> y [n,c], the mean
NT_API int nt_global_avg_pool_forward(int type, const void* x, int ld_x, float* y, int n, int64_t pixels, int c);
NT_API int nt_global_avg_pool_backward(const float* dy, int type, void* dx, int ld_dx, int n, int64_t pixels, int c, int accumulate);
// y = x·0 with probability p (0 <= p < 1), x/(1-p) otherwise, decided by (key, element); forward and backward. y may be x
NT_API int nt_dropout(const float* x, int ld_x, float* y, int ld_y, int64_t rows, int c, float p, uint64_t key, int accumulate);
// loss[1] = mean over rows of -log softmax(x)[target], target[row] below c; dx = dloss[0]·its gradient
NT_API int nt_cross_entropy_forward(const float* x, int ld_x, const int32_t* target, int64_t rows, int c, float* loss);
NT_API int nt_cross_entropy_backward(const float* x, int ld_x, const int32_t* target, const float* dloss, float* dx, int ld_dx, int64_t rows, int c, int accumulate);

// --- optimizers.cpp: `count` tensors at once, tensor i has n[i] elements
NT_API int nt_zero_all(int count, float* const* tensor, const int64_t* n);
// norm[1] = sqrt(Σ grad²)
NT_API int nt_grad_norm(int count, const float* const* grad, const int64_t* n, double* norm);
// rule: the optimizer's struct in kernels/math; kind: 0 nt::Sgd, 1 and 2 nt::Adam, 3 nt::NAdam, 4 nt::RAdam, 5 nt::RmsProp.
// Gradients are taken times grad_scale; state1 and state2 are what the rule remembers, null where it needs less
NT_API int nt_optimizer_step(int kind, const void* rule, float grad_scale, int count, float* const* value, const float* const* grad, float* const* state1, float* const* state2, const int64_t* n);
// average = decay·average + (1-decay)·value
NT_API int nt_ema_update(int count, float* const* average, const float* const* value, const int64_t* n, float decay);

// --- image/*.cpp: images are uint8 HWC RGB, dense. These run on the calling thread (loader workers).
NT_API int nt_image_resize(const uint8_t* src, int h, int w, uint8_t* dst, int dh, int dw);   // bilinear, half-pixel centres, 11-bit fixed point
// the window [top, top+rows) × [left, left+columns) of src as dh×dw pixels: triangle filter, antialiased where it shrinks
NT_API int nt_image_resample(const uint8_t* src, int h, int w, int top, int left, int rows, int columns, uint8_t* dst, int dh, int dw);
// dst[y][x] = src at M^-1·(x,y), bilinear, outside = fill; inverse is row-major 3×3 mapping dst to src.
// cut: 0 blends with fill at src's border, otherwise src ends half a pixel beyond its outermost centres
NT_API int nt_image_warp(const uint8_t* src, int h, int w, uint8_t* dst, int dh, int dw, const double* inverse, int perspective, uint8_t fill, int cut);
// hue gain modulo 180, saturation and value gains clipped, in place
NT_API int nt_image_hsv(uint8_t* image, int64_t pixels, float hue, float saturation, float value);
NT_API int nt_image_flip(uint8_t* image, int h, int w, int horizontal, int vertical);
// copies src (sh×sw) into dst (dh×dw) with its corner at (y, x); parts outside are cut
NT_API int nt_image_paste(const uint8_t* src, int sh, int sw, uint8_t* dst, int dh, int dw, int y, int x);

#ifdef __cplusplus
}
#endif
