# One interface target carries what every target of ours is compiled with.
add_library(odradek_options INTERFACE)
target_include_directories(odradek_options INTERFACE "${CMAKE_SOURCE_DIR}" "${CMAKE_BINARY_DIR}/generated")
target_compile_options(odradek_options INTERFACE
  -Wall -Wextra -Werror -Wconversion -Wsign-conversion -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual
  -fno-omit-frame-pointer)

if(CMAKE_CXX_COMPILER_ID STREQUAL "GNU")
  # g++ 12 reports these in its own standard library under -O2 and the sanitizers.
  target_compile_options(odradek_options INTERFACE
    -Wno-restrict -Wno-maybe-uninitialized -Wno-stringop-overflow -Wno-array-bounds -Wno-dangling-pointer)
  # cc1plus collects its garbage from 512 MiB on, not from 128: a tenth of the time of a large source.
  target_compile_options(odradek_options INTERFACE --param=ggc-min-heapsize=524288)
endif()

if(ODRADEK_SANITIZE STREQUAL "address")
  target_compile_options(odradek_options INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=undefined)
  target_link_options(odradek_options INTERFACE -fsanitize=address,undefined)
elseif(ODRADEK_SANITIZE STREQUAL "thread")
  # It does not see fences (wire/records/record.cc, cmd/server/receive_memory.cc): what they order it may report.
  target_compile_options(odradek_options INTERFACE -fsanitize=thread -Wno-tsan)
  target_link_options(odradek_options INTERFACE -fsanitize=thread)
endif()

if(ODRADEK_FUZZ)
  target_compile_options(odradek_options INTERFACE -fsanitize=fuzzer-no-link)
endif()

# Tests are compiled more often than they are waited for: -O1 takes two thirds of the time of -O2, and under a sanitizer -O0
# two thirds of -O1.
function(compile_quickly target)
  target_compile_options(${target} PRIVATE $<$<CONFIG:Release>:-O1> $<$<CONFIG:Debug>:-O0>)
endfunction()

# What nearly every source includes, parsed once for all targets with the same options: a third of a cold build.  Sources still
# include what they use; the lint build, which has no precompiled headers, holds them to it.
function(precompile_common_headers target)
  target_precompile_headers(${target} PRIVATE
    <algorithm> <array> <charconv> <cstdint> <cstring> <deque> <functional> <map> <memory> <mutex> <optional> <set> <span>
    <string> <string_view> <unordered_map> <utility> <variant> <vector>
    <fmt/core.h> <absl/functional/any_invocable.h> <absl/container/flat_hash_map.h> ${ARGN})
endfunction()

# Several sources compiled as one, in a build from nothing: what a header costs to instantiate is paid once a batch, which is half of
# what clang does with the sanitizers on.  For targets of many small sources that are seldom touched alone.  Names in unnamed
# namespaces must then be unique within the batch's namespace; the builds for lint and for a debugger compile each source alone, so
# that none leans on another's includes.
function(compile_in_batches target size)
  if(CMAKE_BUILD_TYPE STREQUAL "Release" OR ODRADEK_SANITIZE)
    set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_BATCH_SIZE ${size})
  endif()
endfunction()
