// What a process has used so far, from /proc.
#pragma once

#include <cstdint>

namespace load {

// User and system time; 0 if there is no process of that id.  The kernel tells it in ticks of 10 ms.
double cpu_seconds_of(int pid);
double own_cpu_seconds();
int64_t resident_bytes_of(int pid);
// As many files as the system lets us open: a connection is one.
void allow_many_files();

}  // namespace load
