using System.Runtime.InteropServices;
using NativeTrain.Core;

namespace NativeTrain.Cpu;

#pragma warning disable IDE1006, CA1707, SA1300 // names are the native library's own

/// <summary>native/cpu/include/nativetrain.h, function by function.</summary>
internal static unsafe partial class Native
{
    private const string Lib = "nativetrain_cpu";

    [StructLayout(LayoutKind.Sequential)]
    internal struct Conv2d
    {
        public int n, h, w, ic, oc, kh, kw, stride, pad, groups;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct DetectionLoss
    {
        public int levels, n, nc, reg_max, topk, targets;
        public fixed int h[8];
        public fixed int w[8];
        public fixed int stride[8];
        public float alpha, beta, box_gain, cls_gain, dfl_gain;
        public fixed ulong box[8];
        public fixed ulong cls[8];
        public fixed ulong box_grad[8];
        public fixed ulong cls_grad[8];
        public nint target, items, loss, saved;
    }

    [StructLayout(LayoutKind.Sequential)]
    internal struct MaskLoss
    {
        public int levels, n, k;
        public fixed int h[8];
        public fixed int w[8];
        public fixed int stride[8];
        public int ph, pw;
        public float gain;
        public fixed ulong coefficient[8];
        public fixed ulong coefficient_grad[8];
        public nint prototype, prototype_grad, assigned, mask, item, loss;
    }

    [LibraryImport(Lib)] internal static partial byte* nt_last_error();
    [LibraryImport(Lib)] internal static partial int nt_set_threads(int count);
    [LibraryImport(Lib)] internal static partial int nt_get_threads();
    [LibraryImport(Lib)] internal static partial int nt_reserve(long bytes, nint* p);
    [LibraryImport(Lib)] internal static partial int nt_unreserve(nint p, long bytes);
    [LibraryImport(Lib)] internal static partial int nt_commit(nint p, long bytes);
    [LibraryImport(Lib)] internal static partial int nt_release(nint p, long bytes);
    [LibraryImport(Lib)] internal static partial int nt_zero(nint p, long bytes);
    [LibraryImport(Lib)] internal static partial int nt_fill(nint p, long n, float value);

    [LibraryImport(Lib)] internal static partial int nt_conv2d_forward(Conv2d* s, int typeX, nint x, nint w, nint bias, int typeY, nint y);
    [LibraryImport(Lib)] internal static partial int nt_conv2d_backward_data(Conv2d* s, int typeDy, nint dy, nint w, int typeDx, nint dx);
    [LibraryImport(Lib)] internal static partial int nt_conv2d_backward_weight(Conv2d* s, int typeX, nint x, int typeDy, nint dy, nint dw, nint db);
    [LibraryImport(Lib)] internal static partial int nt_conv2d_implementation(Conv2d* s, int pass, int type, byte** name);
    [LibraryImport(Lib)] internal static partial int nt_conv2d_arithmetic(Conv2d* s, int pass, int type, long* flops, int* factors);
    [LibraryImport(Lib)] internal static partial int nt_conv2d_computes(int type, int* computes);
    [LibraryImport(Lib)] internal static partial int nt_conv2d_library_open(Conv2d* s, int pass, int type, int anyLayout, void** convolution);
    [LibraryImport(Lib)] internal static partial int nt_conv2d_library_run(void* convolution);
    [LibraryImport(Lib)] internal static partial byte* nt_conv2d_library_name(void* convolution);
    [LibraryImport(Lib)] internal static partial void nt_conv2d_library_close(void* convolution);
    [LibraryImport(Lib)] internal static partial int nt_conv_transpose2d_forward(Conv2d* s, int typeX, nint x, nint w, nint bias, int typeY, nint y);
    [LibraryImport(Lib)] internal static partial int nt_conv_transpose2d_backward_data(Conv2d* s, int typeDy, nint dy, nint w, int typeDx, nint dx);
    [LibraryImport(Lib)] internal static partial int nt_conv_transpose2d_backward_weight(Conv2d* s, int typeX, nint x, int typeDy, nint dy, nint dw, nint db);

    [LibraryImport(Lib)] internal static partial int nt_batch_norm_statistics(int type, nint x, long rows, int c, float eps, float momentum, nint mean, nint invstd, nint runningMean, nint runningVar);
    [LibraryImport(Lib)] internal static partial int nt_batch_norm_invstd(nint var, int c, float eps, nint invstd);
    [LibraryImport(Lib)] internal static partial int nt_batch_norm_act_forward(int type, nint x, long rows, int c, nint mean, nint invstd, nint gamma, nint beta, int act, nint residual, int ldResidual, nint y, int ldY, nint y2, int y2Begin, int y2Count);
    [LibraryImport(Lib)] internal static partial int nt_batch_norm_act_backward(int type, nint x, long rows, int c, nint mean, nint invstd, nint gamma, nint beta, int act, nint dy, int ldDy, nint dy2, int dy2Begin, int dy2Count, nint dx, nint dgamma, nint dbeta);

    [LibraryImport(Lib)] internal static partial int nt_batch_norm_act_backward_sums(int type, nint x, long rows, int c, nint mean, nint invstd, nint gamma, nint beta, int act, nint dy, int ldDy, nint dy2, int dy2Begin, int dy2Count, nint dx, nint dgamma, nint dbeta, nint sums);
    [LibraryImport(Lib)] internal static partial int nt_batch_norm_act_backward_data(int type, nint x, long rows, int c, nint mean, nint invstd, nint gamma, nint beta, int act, nint dy, int ldDy, nint dy2, int dy2Begin, int dy2Count, nint sums, long allRows, nint dx);
    [LibraryImport(Lib)] internal static partial int nt_batch_norm_combine(nint parts, int ranks, int c, float eps, float momentum, nint mean, nint invstd, nint runningMean, nint runningVar);
    [LibraryImport(Lib)] internal static partial int nt_loss_normalizers(nint assigned, long cells, nint sums);
    [LibraryImport(Lib)] internal static partial int nt_normalizer_shares(nint parts, int ranks, int rank, nint shares);

    [LibraryImport(Lib)] internal static partial int nt_silu_forward(int type, nint x, int ldX, nint y, int ldY, long rows, int c);
    [LibraryImport(Lib)] internal static partial int nt_silu_backward(int type, nint x, int ldX, nint dy, int ldDy, nint dx, int ldDx, long rows, int c, int accumulate);
    [LibraryImport(Lib)] internal static partial int nt_multiply_add(int type, nint x, long n, int rounds);
    [LibraryImport(Lib)] internal static partial int nt_add(int type, nint a, int ldA, nint b, int ldB, nint y, int ldY, long rows, int c);
    [LibraryImport(Lib)] internal static partial int nt_copy(int typeX, nint x, int ldX, int typeY, nint y, int ldY, long rows, int c, int accumulate);
    [LibraryImport(Lib)] internal static partial int nt_copy_all(int count, nint* x, nint* y, long* bytes);
    [LibraryImport(Lib)] internal static partial int nt_upsample2x_forward(int type, nint x, int ldX, nint y, int ldY, int n, int h, int w, int c);
    [LibraryImport(Lib)] internal static partial int nt_upsample2x_backward(int type, nint dy, int ldDy, nint dx, int ldDx, int n, int h, int w, int c, int accumulate);
    [LibraryImport(Lib)] internal static partial int nt_max_pool_forward(int type, nint x, int ldX, nint y, int ldY, nint argmax, int n, int h, int w, int c, int kernel, int stride, int pad);
    [LibraryImport(Lib)] internal static partial int nt_max_pool_backward(int type, nint dy, int ldDy, nint argmax, nint dx, int ldDx, int n, int h, int w, int c, int kernel, int stride, int pad, int accumulate);
    [LibraryImport(Lib)] internal static partial int nt_u8_to_f32(nint x, int type, nint y, long n, float scale);

    [LibraryImport(Lib)] internal static partial int nt_softmax_forward(int type, nint x, int ldX, nint y, int ldY, long rows, int c);
    [LibraryImport(Lib)] internal static partial int nt_softmax_backward(int type, nint y, int ldY, nint dy, int ldDy, nint dx, int ldDx, long rows, int c, int accumulate);
    [LibraryImport(Lib)] internal static partial int nt_matmul(int ta, int tb, long m, long n, long k, float alpha, nint a, long ldA, nint b, long ldB, float beta, nint c, long ldC);
    [LibraryImport(Lib)] internal static partial int nt_attention_forward(int type, nint qkv, nint y, nint p, int n, int tokens, int heads, int keyDim, int headDim);
    [LibraryImport(Lib)] internal static partial int nt_attention_backward(int type, nint qkv, nint p, nint dy, nint dqkv, int n, int tokens, int heads, int keyDim, int headDim, int accumulate);

    [LibraryImport(Lib)] internal static partial int nt_detection_loss_forward(DetectionLoss* a);
    [LibraryImport(Lib)] internal static partial int nt_detection_loss_backward(DetectionLoss* a, nint dloss, int accumulate);
    [LibraryImport(Lib)] internal static partial int nt_detection_decode(int levels, int n, int nc, int regMax, int* h, int* w, int* stride, nint* box, nint* cls, nint y);

    [LibraryImport(Lib)] internal static partial int nt_mask_loss_forward(MaskLoss* a);
    [LibraryImport(Lib)] internal static partial int nt_mask_loss_backward(MaskLoss* a, nint dloss);

    [LibraryImport(Lib)] internal static partial int nt_global_avg_pool_forward(int type, nint x, int ldX, nint y, int n, long pixels, int c);
    [LibraryImport(Lib)] internal static partial int nt_global_avg_pool_backward(nint dy, int type, nint dx, int ldDx, int n, long pixels, int c, int accumulate);
    [LibraryImport(Lib)] internal static partial int nt_dropout(nint x, int ldX, nint y, int ldY, long rows, int c, float p, ulong key, int accumulate);
    [LibraryImport(Lib)] internal static partial int nt_cross_entropy_forward(nint x, int ldX, nint target, long rows, int c, nint loss);
    [LibraryImport(Lib)] internal static partial int nt_cross_entropy_backward(nint x, int ldX, nint target, nint dloss, nint dx, int ldDx, long rows, int c, int accumulate);

    [LibraryImport(Lib)] internal static partial int nt_zero_all(int count, nint* tensor, long* n);
    [LibraryImport(Lib)] internal static partial int nt_grad_norm(int count, nint* grad, long* n, double* norm);
    [LibraryImport(Lib)] internal static partial int nt_optimizer_step(int kind, void* rule, float gradScale, int count, nint* value, nint* grad, nint* state1, nint* state2, long* n);
    [LibraryImport(Lib)] internal static partial int nt_ema_update(int count, nint* average, nint* value, long* n, float decay);

    /// <summary>Status of a call that got no memory (NT_NO_MEMORY).</summary>
    private const int NoMemory = 2;

    /// <summary>Turns a failed native call into an exception that carries the native message.</summary>
    internal static void Check(int status)
    {
        if (status == 0) return;
        string? message = Marshal.PtrToStringUTF8((nint)nt_last_error());
        throw status == NoMemory
            ? OutOfDeviceMemoryException.In($"{message}")
            : new InvalidOperationException(message);
    }
}
