// Which bytes of the device's memory may be used, and which blocks of a launch have used them.
#pragma once
#include "check.h"

namespace emu::check {

void open_global(Address start, size_t bytes);
void close_global(Address start, size_t bytes);

void begin_launch_global();
bool is_global(Address a);
void global_access(Address a, size_t bytes, Kind kind, const void* pc);

}  // namespace emu::check
