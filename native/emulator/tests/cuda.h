// The driver's functions that the tests call, as cuda.h and nvrtc.h have them.
#pragma once
#include <cstddef>

using CUdeviceptr = unsigned long long;

extern "C" {
int cuInit(unsigned flags);
int cuDevicePrimaryCtxRetain(void** context, int device);
int cuDevicePrimaryCtxRelease_v2(int device);
int cuCtxSynchronize();
int cuMemGetInfo_v2(size_t* free, size_t* total);
int cuMemAlloc_v2(CUdeviceptr* memory, size_t bytes);
int cuMemFree_v2(CUdeviceptr memory);
int cuMemHostAlloc(void** memory, size_t bytes, unsigned flags);
int cuMemFreeHost(void* memory);
int cuMemcpyHtoD_v2(CUdeviceptr to, const void* from, size_t bytes);
int cuMemcpyDtoH_v2(void* to, CUdeviceptr from, size_t bytes);
int cuMemcpyHtoDAsync_v2(CUdeviceptr to, const void* from, size_t bytes, void* stream);
int cuMemcpyDtoHAsync_v2(void* to, CUdeviceptr from, size_t bytes, void* stream);
int cuMemsetD32Async(CUdeviceptr to, unsigned value, size_t count, void* stream);
int cuMemAddressReserve(CUdeviceptr* start, size_t bytes, size_t alignment, CUdeviceptr address, unsigned long long flags);
int cuMemAddressFree(CUdeviceptr start, size_t bytes);
int cuMemCreate(unsigned long long* handle, size_t bytes, const void* properties, unsigned long long flags);
int cuMemRelease(unsigned long long handle);
int cuMemMap(CUdeviceptr start, size_t bytes, size_t offset, unsigned long long handle, unsigned long long flags);
int cuMemUnmap(CUdeviceptr start, size_t bytes);
int cuMemSetAccess(CUdeviceptr start, size_t bytes, const void* access, size_t count);
int cuStreamCreate(void** stream, unsigned flags);
int cuStreamDestroy_v2(void* stream);
int cuStreamSynchronize(void* stream);
int cuStreamQuery(void* stream);
int cuStreamWaitEvent(void* stream, void* event, unsigned flags);
int cuStreamBeginCapture_v2(void* stream, int mode);
int cuStreamEndCapture(void* stream, void** graph);
int cuGraphInstantiateWithFlags(void** executable, void* graph, unsigned long long flags);
int cuGraphLaunch(void* executable, void* stream);
int cuGraphExecDestroy(void* executable);
int cuGraphDestroy(void* graph);
int cuEventCreate(void** event, unsigned flags);
int cuEventDestroy_v2(void* event);
int cuEventRecord(void* event, void* stream);
int cuEventSynchronize(void* event);
int cuEventQuery(void* event);
int cuEventElapsedTime(float* milliseconds, void* start, void* end);
int cuModuleLoadData(void** module, const void* image);
int cuModuleUnload(void* module);
int cuModuleGetFunction(void** function, void* module, const char* name);
int cuFuncSetAttribute(void* function, int attribute, int value);
int cuFuncGetParamInfo(void* function, size_t index, size_t* offset, size_t* size);
int cuLaunchKernel(void* function, unsigned grid_x, unsigned grid_y, unsigned grid_z, unsigned block_x, unsigned block_y, unsigned block_z,
    unsigned shared, void* stream, void** arguments, void** extra);
int nvrtcCreateProgram(void** program, const char* source, const char* name, int headers, const char* const* sources, const char* const* names);
int nvrtcDestroyProgram(void** program);
int nvrtcAddNameExpression(void* program, const char* expression);
int nvrtcCompileProgram(void* program, int count, const char* const* options);
int nvrtcGetLoweredName(void* program, const char* expression, const char** name);
int nvrtcGetCUBINSize(void* program, size_t* bytes);
int nvrtcGetCUBIN(void* program, char* image);
int nvrtcGetProgramLogSize(void* program, size_t* bytes);
int nvrtcGetProgramLog(void* program, char* log);
}
