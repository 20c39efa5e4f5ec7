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
endif()

if(ODRADEK_SANITIZE STREQUAL "address")
  target_compile_options(odradek_options INTERFACE -fsanitize=address,undefined -fno-sanitize-recover=undefined)
  target_link_options(odradek_options INTERFACE -fsanitize=address,undefined)
elseif(ODRADEK_SANITIZE STREQUAL "thread")
  target_compile_options(odradek_options INTERFACE -fsanitize=thread)
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

# What nearly every source includes, parsed once a target: a third of a cold build.  Sources still include what they use; the
# lint build, which has no precompiled headers, holds them to it.
function(precompile_common_headers target)
  target_precompile_headers(${target} PRIVATE
    <algorithm> <array> <charconv> <cstdint> <cstring> <deque> <functional> <map> <memory> <mutex> <optional> <set> <span>
    <string> <string_view> <unordered_map> <utility> <variant> <vector>
    <fmt/core.h> <absl/functional/any_invocable.h> ${ARGN})
endfunction()
