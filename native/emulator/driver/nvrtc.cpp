// NVRTC: the kernels are compiled already, so "compiling" looks whether the library has what is asked for.
#include "../kernel.h"
#include "module.h"
#include "result.h"

#include <cstring>
#include <map>
#include <vector>

enum nvrtcResult : int {
    NVRTC_SUCCESS = 0,
    NVRTC_ERROR_INVALID_INPUT = 3,
    NVRTC_ERROR_INVALID_PROGRAM = 4,
    NVRTC_ERROR_COMPILATION = 6,
    NVRTC_ERROR_NAME_EXPRESSION_NOT_VALID = 10,
};

namespace {

struct Program {
    std::string file;
    std::vector<std::string> expressions;
    bool compiled = false;
    std::string image, log;
};

Program* program_of(void* handle) { return static_cast<Program*>(handle); }

nvrtcResult give(const std::string& text, char* to) {
    std::memcpy(to, text.c_str(), text.size() + 1);
    return NVRTC_SUCCESS;
}

}  // namespace

// No version of NVIDIA's: what is kept on disk under it is kept apart.
EMU_API nvrtcResult nvrtcVersion(int* major, int* minor) {
    *major = 11;
    *minor = 99;
    return NVRTC_SUCCESS;
}

EMU_API nvrtcResult nvrtcGetNumSupportedArchs(int* count) {
    *count = 1;
    return NVRTC_SUCCESS;
}

EMU_API nvrtcResult nvrtcGetSupportedArchs(int* archs) {
    *archs = 80;
    return NVRTC_SUCCESS;
}

EMU_API const char* nvrtcGetErrorString(nvrtcResult result) {
    switch (result) {
        case NVRTC_SUCCESS: return "NVRTC_SUCCESS";
        case NVRTC_ERROR_INVALID_INPUT: return "NVRTC_ERROR_INVALID_INPUT";
        case NVRTC_ERROR_INVALID_PROGRAM: return "NVRTC_ERROR_INVALID_PROGRAM";
        case NVRTC_ERROR_COMPILATION: return "NVRTC_ERROR_COMPILATION";
        case NVRTC_ERROR_NAME_EXPRESSION_NOT_VALID: return "NVRTC_ERROR_NAME_EXPRESSION_NOT_VALID";
    }
    return "NVRTC_ERROR unknown";
}

EMU_API nvrtcResult nvrtcCreateProgram(void** program, const char*, const char* name, int, const char* const*, const char* const*) {
    const std::string path = name ? name : "";
    *program = new Program{path.substr(path.rfind('/') + 1), {}, false, {}, {}};
    return NVRTC_SUCCESS;
}

EMU_API nvrtcResult nvrtcDestroyProgram(void** program) {
    if (!program || !*program) return NVRTC_ERROR_INVALID_PROGRAM;
    delete program_of(*program);
    *program = nullptr;
    return NVRTC_SUCCESS;
}

EMU_API nvrtcResult nvrtcAddNameExpression(void* program, const char* expression) {
    program_of(program)->expressions.push_back(expression);
    return NVRTC_SUCCESS;
}

EMU_API nvrtcResult nvrtcCompileProgram(void* handle, int, const char* const*) {
    Program& program = *program_of(handle);
    for (const std::string& expression : program.expressions) {
        const emu::Kernel* kernel = emu::find_kernel(expression);
        if (!kernel || kernel->file != program.file) program.log += program.file + ": error: no KERNEL(" + expression + ") at its end, or the emulator's library is older than the file (./build.sh native)\n";
    }
    if (!program.log.empty()) return NVRTC_ERROR_COMPILATION;
    program.image = emu::image_of(program.file);
    program.compiled = true;
    return NVRTC_SUCCESS;
}

EMU_API nvrtcResult nvrtcGetLoweredName(void* handle, const char* expression, const char** name) {
    for (const std::string& e : program_of(handle)->expressions)
        if (e == expression) {
            *name = e.c_str();
            return NVRTC_SUCCESS;
        }
    return NVRTC_ERROR_NAME_EXPRESSION_NOT_VALID;
}

// Sizes count the zero byte at the end.
EMU_API nvrtcResult nvrtcGetCUBINSize(void* program, size_t* bytes) {
    if (!program_of(program)->compiled) return NVRTC_ERROR_INVALID_PROGRAM;
    *bytes = program_of(program)->image.size() + 1;
    return NVRTC_SUCCESS;
}
EMU_API nvrtcResult nvrtcGetCUBIN(void* program, char* image) { return give(program_of(program)->image, image); }
EMU_API nvrtcResult nvrtcGetPTXSize(void* program, size_t* bytes) { return nvrtcGetCUBINSize(program, bytes); }
EMU_API nvrtcResult nvrtcGetPTX(void* program, char* image) { return nvrtcGetCUBIN(program, image); }

EMU_API nvrtcResult nvrtcGetProgramLogSize(void* program, size_t* bytes) {
    *bytes = program_of(program)->log.size() + 1;
    return NVRTC_SUCCESS;
}
EMU_API nvrtcResult nvrtcGetProgramLog(void* program, char* log) { return give(program_of(program)->log, log); }
