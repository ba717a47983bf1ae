// What every native function does around its body: catch everything, keep the message for nt_last_error().
#pragma once
#include "nativetrain.h"
#include "threads.h"

#include <exception>
#include <new>
#include <string>

namespace nt {
std::string& last_error();

// Keeps "name: what" for nt_last_error(). Where there is no memory even for that, a text that needs none.
inline void remember(const char* name, const char* what) noexcept {
    try {
        last_error() = std::string(name) + ": " + what;
    } catch (...) {
        last_error().assign("out of memory");  // fits in the string object itself
    }
}

template <class Body>
int guarded(const char* name, Body&& body) {
    try {
        keep_libraries_alone();
        body();
        return 0;
    } catch (const std::bad_alloc& e) {
        remember(name, e.what());
        return NT_NO_MEMORY;
    } catch (const std::exception& e) {
        remember(name, e.what());
    } catch (...) {
        remember(name, "unknown failure");
    }
    return 1;
}
}  // namespace nt
