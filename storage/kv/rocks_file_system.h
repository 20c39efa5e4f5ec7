// RocksDB's files, on the file-system port.
//
// The program lets RocksDB go its own way to the disk (docs/decisions/0006); the crash matrix sends
// it through here, so that a faulty file system stops, tears and forgets its writes like all others.
// Directories and names pass through unchanged.
#pragma once

#include <memory>

#include "storage/fs/file_system.h"

namespace rocksdb {
class Env;
}

namespace storage {

// An environment with RocksDB's own clock and threads, and the files of `files`, which outlives it.
std::unique_ptr<rocksdb::Env> make_rocks_environment(FileSystem& files);

}  // namespace storage
