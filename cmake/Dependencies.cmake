# Every library is a Debian package; `./dev setup` installs them all.  What the program carries is linked statically
# where Debian ships an archive.
find_package(Threads REQUIRED)
find_package(PkgConfig REQUIRED)
find_package(nlohmann_json REQUIRED)
find_package(CLI11 REQUIRED)
set(OPENSSL_USE_STATIC_LIBS ON)
find_package(OpenSSL REQUIRED)
find_package(GTest REQUIRED)
find_package(benchmark REQUIRED)

# static_library(NAME archive...): an imported target over archives found in the system's library folder.
function(static_library name)
  add_library(${name} INTERFACE)
  foreach(archive ${ARGN})
    find_library(${name}_${archive} NAMES lib${archive}.a REQUIRED)
    target_link_libraries(${name} INTERFACE "${${name}_${archive}}")
  endforeach()
endfunction()

static_library(deps_zlib z)
# Debian's CMake files of Abseil name its shared libraries; these are what its hash maps, trees and callbacks need.
static_library(deps_absl absl_raw_hash_set absl_hash absl_city absl_low_level_hash absl_throw_delegate absl_raw_logging_internal)
static_library(deps_snappy snappy)
static_library(deps_lz4 lz4)
static_library(deps_zstd zstd)
static_library(deps_xxhash xxhash)
static_library(deps_re2 re2)
static_library(deps_yaml yaml-cpp)
static_library(deps_uv uv_a)
target_link_libraries(deps_uv INTERFACE Threads::Threads dl rt)
static_library(deps_bz2 bz2)
static_library(deps_rocksdb rocksdb)
# Named again as archives: they must stand behind librocksdb.a on the link line, wherever else they appear.
target_link_libraries(deps_rocksdb INTERFACE "${deps_snappy_snappy}" "${deps_lz4_lz4}" "${deps_zstd_zstd}"
  "${deps_zlib_z}" "${deps_bz2_bz2}" Threads::Threads dl)

# Debian ships spdlog and fmt as shared libraries only; their own "-inl" sources compiled here keep the program in one file.
add_library(deps_spdlog STATIC "${CMAKE_SOURCE_DIR}/cmake/spdlog_static.cc")
target_compile_definitions(deps_spdlog PUBLIC SPDLOG_COMPILED_LIB SPDLOG_FMT_EXTERNAL)
target_link_libraries(deps_spdlog PUBLIC Threads::Threads)
