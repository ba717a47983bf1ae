// Graphs: the work of a captured stream, done again in one launch.
#include "stream.h"

using namespace emu;

EMU_API CUresult cuStreamBeginCapture_v2(void* stream, int) {
    return guarded(__func__, [&](Lock&) { begin_capture(stream_of(stream)); });
}

EMU_API CUresult cuStreamIsCapturing(void* stream, int* status) {
    return guarded(__func__, [&](Lock&) {
        const auto& capture = stream_of(stream)->capture;
        *status = !capture ? 0 : capture->broken ? 2 : 1;
    });
}

EMU_API CUresult cuStreamEndCapture(void* stream, void** graph) {
    return guarded(__func__, [&](Lock&) {
        *graph = nullptr;
        *graph = new Graph(end_capture(stream_of(stream)));
    });
}

EMU_API CUresult cuGraphInstantiateWithFlags(void** executable, void* graph, unsigned long long) {
    return guarded(__func__, [&](Lock&) {
        require(graph, "no graph");
        *executable = new Graph(*static_cast<Graph*>(graph));
    });
}

EMU_API CUresult cuGraphLaunch(void* executable, void* stream) {
    return guarded(__func__, [&](Lock& lock) {
        require(executable, "no graph");
        enqueue(lock, stream, [graph = *static_cast<Graph*>(executable)] {
            for (const auto& run : graph.work) run();
        });
    });
}

EMU_API CUresult cuGraphExecDestroy(void* executable) {
    delete static_cast<Graph*>(executable);
    return CUDA_SUCCESS;
}

EMU_API CUresult cuGraphDestroy(void* graph) {
    delete static_cast<Graph*>(graph);
    return CUDA_SUCCESS;
}
