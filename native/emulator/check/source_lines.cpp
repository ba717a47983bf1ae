#include "source_lines.h"

#include <dlfcn.h>

#include <cstdio>
#include <map>

namespace emu::check {

namespace {

// addr2line (binutils, which g++ needs anyway) prints "/path/common.cuh:79", "/path/silu.cu:21 (discriminator 2)": what was
// inlined into what, the innermost first.
std::string ask(const void* pc) {
    Dl_info library;
    if (!dladdr(pc, &library)) return "";
    char command[4096];
    std::snprintf(command, sizeof command, "addr2line -i -e '%s' %#zx 2> /dev/null", library.dli_fname,
        static_cast<size_t>(static_cast<const char*>(pc) - 1 - static_cast<const char*>(library.dli_fbase)));
    std::string found;
    if (FILE* lines = popen(command, "r")) {
        char line[4096];
        while (std::fgets(line, sizeof line, lines)) {
            std::string text = line;
            text = text.substr(0, text.find_first_of(" \n"));
            text = text.substr(text.rfind('/') + 1);
            if (found.empty() && text.find(".cu:") != std::string::npos) found = text;
        }
        pclose(lines);
    }
    return found;
}

}  // namespace

std::string source_line(const void* pc) {
    static std::map<const void*, std::string> known;
    auto at = known.find(pc);
    if (at == known.end()) at = known.emplace(pc, ask(pc)).first;
    return at->second;
}

}  // namespace emu::check
