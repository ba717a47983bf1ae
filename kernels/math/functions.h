// The library functions that the formulas need, for float and double, by one name on the host and on the device.
// (Not <cmath>, which the CUDA run-time compiler does not have.)
#pragma once
#include "hd.h"

#ifdef __CUDA_ARCH__
#define NT_MATH(name) ::name
#else
#define NT_MATH(name) __builtin_##name
#endif

namespace nt {
NT_HD inline float square_root(float x) { return NT_MATH(sqrtf)(x); }
NT_HD inline double square_root(double x) { return NT_MATH(sqrt)(x); }
NT_HD inline float arctangent(float x) { return NT_MATH(atanf)(x); }
NT_HD inline double arctangent(double x) { return NT_MATH(atan)(x); }
NT_HD inline float logarithm(float x) { return NT_MATH(logf)(x); }  // to the base e
NT_HD inline double logarithm(double x) { return NT_MATH(log)(x); }
NT_HD inline float general_power(float x, float e) { return NT_MATH(powf)(x, e); }
NT_HD inline double general_power(double x, double e) { return NT_MATH(pow)(x, e); }
}  // namespace nt

#undef NT_MATH
