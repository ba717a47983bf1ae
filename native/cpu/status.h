// How a native function reports failure: run the body, catch everything, keep the message for nt_last_error().
#pragma once
#include <exception>
#include <string>

namespace nt {
std::string& last_error();

template <class Body>
int guarded(const char* name, Body&& body) {
    try {
        body();
        return 0;
    } catch (const std::exception& e) {
        last_error() = std::string(name) + ": " + e.what();
    } catch (...) {
        last_error() = std::string(name) + ": unknown failure";
    }
    return 1;
}
}  // namespace nt
